import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
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

test("of many writings at once the last one stands, whole", async () => {
	const place = folder();
	for (let round = 0; round < 20; round++) {
		const some = Array.from({ length: 12 }, (_, n) => Array<number>(n % 3).fill(process.pid));
		await Promise.all([...some, [process.pid, process.ppid]].map((pids) => rememberProcesses(place, pids)));
		const kept = JSON.parse(readFileSync(join(place, "processes.json"), "utf8")) as { pid: number }[];
		expect(kept.map(({ pid }) => pid)).toEqual([process.pid, process.ppid]);
	}
});
