import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, inject, test } from "vitest";
import { answers, type Product, processes, startProduct } from "@/tests/support/product";

// The folder with spaces in its name is where all launch tests run.

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
const made: string[] = [];
let product: Product | undefined;

afterEach(async () => {
	if (product?.child.exitCode === null) await product.stop();
	for (const place of made.splice(0)) {
		const note = join(place, "project", ".data", "postgres.json");
		if (existsSync(note)) rmSync(JSON.parse(readFileSync(note, "utf8")).folder, { recursive: true, force: true });
		rmSync(place, { recursive: true, force: true });
	}
});

/** A copy of the built copy in a folder of its own; its packages are the same files. */
function projectIn(parent: string): string {
	const place = mkdtempSync(join(parent, ".quarterdeck-place-"));
	made.push(place);
	const to = join(place, "project");
	const filter = (path: string) => !path.endsWith(join(".next", "cache"));
	for (const name of readdirSync(inject("project"))) {
		if (name !== "node_modules")
			cpSync(join(inject("project"), name), join(to, name), { recursive: true, verbatimSymlinks: true, filter });
	}
	execFileSync("cp", [process.platform === "linux" ? "-al" : "-R", join(inject("project"), "node_modules"), to]);
	return to;
}

async function startIn(root: string, account?: typeof nobody): Promise<Product> {
	product = await startProduct({ root, data: join(root, ".data"), isClosed: true, ...(account ? { account } : {}) });
	await product.ready;
	expect(await answers(product)).toBe(true);
	return product;
}

const serverCommand = ({ pids }: Product) => processes().find(({ pid }) => pid === pids().postgres)?.command ?? "";

test("it works in a folder that only its owner may enter, such as below /root", async () => {
	const root = projectIn(homedir());
	const first = await startIn(root);
	// Root's PostgreSQL runs as somebody else, who can't reach the folder.
	expect(serverCommand(first)).toMatch(isRoot ? /^\/var\/lib\/quarterdeck\/[^ ]+\/postgres / : /node_modules/);
	await first.stop();
	const second = await startIn(root);
	expect((await second.ready).setupCode).not.toBe(null);
	expect((await second.stop()).code).toBe(0);
});

test("its database follows it into such a folder", async () => {
	const root = projectIn(tmpdir());
	chmodSync(join(root, ".."), 0o755);
	const first = await startIn(root);
	expect(serverCommand(first)).toContain(join(root, ".data", "postgres"));
	await first.stop();
	const secrets = readFileSync(join(root, ".data", "secrets.json"), "utf8");
	chmodSync(join(root, ".."), 0o700);
	await startIn(root);
	expect(readFileSync(join(root, ".data", "secrets.json"), "utf8")).toBe(secrets);
});

test("a copy of it does not take the database of the first", async () => {
	const root = projectIn(homedir());
	await (await startIn(root)).stop();
	const copy = projectIn(homedir());
	cpSync(join(root, ".data"), join(copy, ".data"), { recursive: true });
	if (isRoot) {
		product = await startProduct({ root: copy, data: join(copy, ".data"), isClosed: true });
		expect(await product.ended).toBe(1);
		expect(product.output()).toContain("is a copy of");
		rmSync(join(copy, ".data", "postgres.json"));
	}
	renameSync(join(copy, ".data"), join(copy, "old-data"));
	await startIn(copy);
});

test("an ordinary user can run it, and root can go on with what that user made", async () => {
	const root = projectIn(tmpdir());
	chmodSync(join(root, ".."), 0o755);
	if (isRoot) {
		const own = readdirSync(root).filter((name) => name !== "node_modules");
		execFileSync("chown", ["-R", `${nobody.uid}:${nobody.gid}`, ...own], { cwd: root });
		execFileSync("chown", [`${nobody.uid}:${nobody.gid}`, root, join(root, "node_modules")]);
	}
	const first = await startIn(root, isRoot ? nobody : undefined);
	expect((await first.stop()).code).toBe(0);
	expect((await (await startIn(root)).stop()).code).toBe(0);
	expect((await (await startIn(root, isRoot ? nobody : undefined)).stop()).code).toBe(0);
});
