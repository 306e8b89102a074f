import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { bornAt, endLeftovers, rememberProcesses } from "./processes";

const folder = () => mkdtempSync(join(inject("temporary"), "processes-"));

async function sleeper(...command: string[]) {
	const [program = "sleep", ...words] = command.length > 0 ? command : ["sleep", "600"];
	const child = spawn(program, words);
	await once(child, "spawn");
	return child;
}

test("a process that ends by itself is waited for", async () => {
	const place = folder();
	const child = await sleeper("sleep", "0.5");
	await rememberProcesses(place, [child.pid ?? 0]);
	expect(await endLeftovers(place)).toBe(1);
	expect(child.signalCode).toBe(null);
});

test("one that does not is killed", async () => {
	const place = folder();
	const child = await sleeper();
	const end = once(child, "exit");
	await rememberProcesses(place, [child.pid ?? 0]);
	await endLeftovers(place, 200);
	await end;
	expect(child.signalCode).toBe("SIGKILL");
});

test("a stranger that has got the number since is left alone", async () => {
	const place = folder();
	const child = await sleeper();
	writeFileSync(join(place, "processes.json"), JSON.stringify([{ pid: child.pid, born: "12345" }]));
	expect(await endLeftovers(place, 200)).toBe(0);
	expect(await bornAt(child.pid ?? 0)).not.toBe(null);
	child.kill();
});

test("a note that is missing or garbage is no hindrance", async () => {
	const place = folder();
	expect(await endLeftovers(place)).toBe(0);
	writeFileSync(join(place, "processes.json"), "[{");
	expect(await endLeftovers(place)).toBe(0);
});
