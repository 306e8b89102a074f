import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { watchDemo } from "./demo-filling";
import type { Message } from "./messages";

/** A process that tells these and ends. */
const telling = (...messages: Message[]) =>
	spawn(process.execPath, ["-e", `for (const message of ${JSON.stringify(messages)}) process.send(message)`], {
		stdio: ["ignore", "inherit", "inherit", "ipc"],
	});

test("shows how far it is, then who can sign in with which password", async () => {
	const shown: string[] = [];
	const person = { name: "Ada Example", post: "Pilot", email: "ada@demo.example", role: "staff" };
	const child = telling(
		{ kind: "progress", text: "3 of 24 documents are ready" },
		{ kind: "demo", password: "quay-of-many-letters", people: [person] },
	);
	const said = (await watchDemo(child, (hint) => shown.push(hint))).join("\n");
	expect(shown).toEqual(["3 of 24 documents are ready"]);
	expect(said).toContain("quay-of-many-letters");
	expect(said).toMatch(/ada@demo\.example\s+staff\s+Ada Example, Pilot/);
});

test("a demo that is not complete says why and how to go on", async () => {
	const child = telling({ kind: "problem", message: "no worker took it up" });
	expect((await watchDemo(child, () => {})).join()).toMatch(/no worker took it up.*npm start -- --demo/);
	expect((await watchDemo(telling(), () => {})).join()).toMatch(/not complete.*demo\.log/);
});
