import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answers } from "@/tests/support/product";
import { until } from "@/tests/support/until";
import { isAlive, launching, leftIn } from "./launching";

const { start, begin, data } = launching();

test("a first start gives a console and a code; later ones have another code and the same secrets", async () => {
	const first = await start();
	const { setupCode } = await first.ready;
	expect(setupCode).toMatch(/^[A-Z2-9]{4}(-[A-Z2-9]{4}){2}$/);
	expect(await answers(first, "/healthz")).toBe(true);
	expect(await answers(first, "/")).toBe(true);
	expect(statSync(join(data(), "secrets.json")).mode & 0o777).toBe(0o600);
	const secrets = readFileSync(join(data(), "secrets.json"), "utf8");
	await first.stop();

	const second = await start();
	expect((await second.ready).setupCode).not.toBe(setupCode);
	expect(readFileSync(join(data(), "secrets.json"), "utf8")).toBe(secrets);
	expect(second.output()).not.toContain(secrets.slice(30, 60));
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
	"%s ends all of it, in order, and nothing is left",
	async (signal) => {
		await begin();
		const product = await start();
		await product.ready;
		const pids = Object.values(product.pids());
		expect(Object.keys(product.pids()).toSorted()).toEqual(["launcher", "postgres", "web", "worker"]);
		expect((await product.stop(signal)).code).toBe(0);
		expect(pids.filter(isAlive)).toEqual([]);
		expect(leftIn(data())).toEqual([]);
	},
);

test("it ends just as well when it was asked to while starting", async () => {
	for (const word of ["database", "migrate", "worker"]) {
		const product = await start();
		await until(() => product.output().includes(word) || product.child.exitCode !== null);
		const { code } = await product.stop();
		expect(code).toBe(0);
		expect(leftIn(data())).toEqual([]);
	}
	await (await start()).ready;
});

test("connections that are open do not hold up the end", async () => {
	await begin();
	const product = await start();
	await product.ready;
	const { port } = new URL(product.url);
	const half = connect(Number(port), "127.0.0.1");
	await once(half, "connect");
	half.write("POST /api/trpc/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf of it");
	half.on("error", () => {});
	expect(await answers(product, "/healthz")).toBe(true);
	const ended = once(half, "close");
	expect((await product.stop()).code).toBe(0);
	await ended;
});

test("a taken port is told in one line before anything else starts", async () => {
	const holder = createServer();
	await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
	const address = holder.address();
	const port = typeof address === "object" && address ? address.port : 0;
	const product = await start({ port });
	expect(await product.ended).not.toBe(0);
	expect(product.output()).toContain(
		`Port ${port} is in use: stop what uses it, or start with PORT=${port + 1} npm start.`,
	);
	expect(product.output().trim().split("\n")).toHaveLength(1);
	await new Promise((resolve) => holder.close(resolve));
});

test("two at once in one folder: the second says who is there", async () => {
	await begin();
	const first = await start();
	await first.ready;
	const second = await start();
	expect(await second.ended).not.toBe(0);
	expect(second.output()).toContain(`Quarterdeck already runs on ${data()} (process ${first.child.pid}`);
	expect(await answers(first)).toBe(true);
});

test.each([
	[{ PORT: "abc" }, "PORT"],
	[{ QD_AUTH_SECRET: "short" }, "QD_AUTH_SECRET"],
	[{ QD_MODEL_URL: "http://localhost:1" }, "QD_MODEL"],
	[{ DATABASE_URL: "postgres://nobody:geheim@127.0.0.1:1/none" }, "DATABASE_URL"],
])("a variable that can't be used is named: %o", async (env, name) => {
	const product = await start({ env });
	expect(await product.ended).not.toBe(0);
	expect(product.output()).toContain(name);
	expect(product.output()).not.toMatch(/geheim|short|\n\s+at /);
	expect(leftIn(data())).toEqual([]);
});

test("an unknown option is told, not ignored", async () => {
	const product = await start({ args: ["--demon"] });
	expect(await product.ended).not.toBe(0);
	expect(product.output()).toContain("--demon is not an option");
});

test("through npm: SIGTERM to npm ends all; after kill -9 of npm the next start works", async () => {
	await begin();
	const first = await start({ npm: true });
	await first.ready;
	const pids = Object.values(first.pids());
	first.child.kill("SIGTERM");
	await until(() => pids.every((pid) => !isAlive(pid)));

	const second = await start({ npm: true });
	await second.ready;
	second.child.kill("SIGKILL");
	const third = await start({ npm: true, port: Number(new URL(second.url).port) });
	await third.ready;
	expect(await answers(third)).toBe(true);
	const own = Object.values(third.pids());
	third.child.kill("SIGTERM");
	await until(() => own.every((pid) => !isAlive(pid)));
});
