import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { answers, type Product } from "@/tests/support/product";
import { until } from "@/tests/support/until";
import { isAlive, launching, leftIn } from "./launching";

const { start, begin, data } = launching();
beforeEach(begin);
const parts = ["web", "worker", "postgres"] as const;

async function kill(product: Product, name: string): Promise<number> {
	// One that was started a moment ago may not bear its name yet.
	const pid = await until(() => product.pids()[name]);
	process.kill(pid, "SIGKILL");
	// What was killed is still to be seen for as long as the system takes to give back its memory.
	await until(() => !isAlive(pid));
	return pid;
}

/** The number of each process, once all of them bear their names. */
const everyPart = (product: Product) =>
	until(() => {
		const pids = product.pids();
		return ["launcher", ...parts].every((name) => pids[name]) ? pids : null;
	});

test.each(parts)("a killed %s is back by itself, alone, and people can work again", async (name) => {
	const product = await start();
	await product.ready;
	const others = parts.filter((part) => part !== name);
	const before = await everyPart(product);
	expect(await kill(product, name)).toBe(before[name]);
	await until(() => product.output().includes(`${name} ended (SIGKILL) and is started again`));
	await until(() => answers(product), 15_000);
	const after = await everyPart(product);
	expect(after[name]).not.toBe(before[name]);
	for (const part of others) expect(after[part]).toBe(before[part]);
	expect((await product.stop()).code).toBe(0);
});

test("a part that dies again and again is started again each time, one at a time", async () => {
	const product = await start();
	await product.ready;
	for (let round = 0; round < 3; round++) {
		const pid = await kill(product, "worker");
		await until(() => (product.pids().worker ?? pid) !== pid);
	}
	await until(() => answers(product), 15_000);
});

test.each(["launcher", ...parts])(
	"after kill -9 of the %s and then of the rest, the next start just works",
	async (name) => {
		const product = await start();
		await product.ready;
		const before = await everyPart(product);
		await kill(product, name);
		// The launcher would bring it back: from here on nobody does.
		if (name !== "launcher") await kill(product, "launcher");
		const next = await start({ port: Number(new URL(product.url).port) });
		await next.ready;
		expect(Object.values(before).filter(isAlive)).toEqual([]);
		expect(await answers(next)).toBe(true);
	},
);

test("after kill -9 of the launcher, web and worker end by themselves", async () => {
	const product = await start();
	await product.ready;
	const { web = 0, worker = 0 } = await everyPart(product);
	await kill(product, "launcher");
	await until(() => !isAlive(web) && !isAlive(worker), 10_000);
});

test("after kill -9 of everything at once, the next start just works", async () => {
	const product = await start();
	await product.ready;
	for (const pid of Object.values(await everyPart(product))) process.kill(pid, "SIGKILL");
	await (await start()).ready;
});

test("a process of somebody else that has got the old server's number is left alone", async () => {
	const product = await start();
	await product.ready;
	for (const pid of Object.values(await everyPart(product))) process.kill(pid, "SIGKILL");
	await until(() => leftIn(data()).length === 0);
	const stranger = spawn("sleep", ["600"]);
	await once(stranger, "spawn");
	const note = join(data(), "postgres", "postmaster.pid");
	writeFileSync(note, readFileSync(note, "utf8").replace(/^\d+/, String(stranger.pid)));
	await (await start()).ready;
	expect(stranger.exitCode).toBe(null);
	stranger.kill();
});

test("Ctrl-C twice ends it at once", async () => {
	const product = await start();
	await product.ready;
	const before = await everyPart(product);
	const pids = Object.values(before);
	// A worker that does not listen holds up an orderly end.
	process.kill(before.worker ?? 0, "SIGSTOP");
	product.child.kill("SIGINT");
	await until(() => product.output().includes("Stopping"));
	// The second within a moment is the terminal's and npm's same one.
	await until(() => !isAlive(before.web ?? 0));
	await new Promise((resolve) => setTimeout(resolve, 800));
	const { code } = await product.stop("SIGINT");
	// An orderly end is 0: this one waited for nobody.
	expect(code).toBe(1);
	await until(() => pids.filter(isAlive).length === 0);
	await (await start()).ready;
});
