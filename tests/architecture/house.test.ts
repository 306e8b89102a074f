import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sourceFiles } from "@/tests/support/source-files";

const code = sourceFiles("*.ts", "*.tsx", "*.mjs", "*.cjs");
const ours = code.filter((path) => /^(app|components|db|server|scripts|tests)\//.test(path));
const product = ours.filter((path) => /^(app|components|db|server)\//.test(path) && !/\.test\.tsx?$/.test(path));
const read = (path: string) => readFileSync(path, "utf8");
const foldersOf = (room: string) =>
	existsSync(room)
		? readdirSync(room, { withFileTypes: true })
				.filter((entry) => entry.isDirectory())
				.map((entry) => entry.name)
		: [];

test("the code was found at all", () => {
	expect(product.length).toBeGreaterThan(100);
});

test("no file is longer than 400 lines", () => {
	expect(ours.filter((path) => read(path).split("\n").length > 400)).toEqual([]);
});

test("there is no drawer", () => {
	expect(ours.filter((path) => /(^|\/)(utils?|helpers?|lib|misc|common|shared)(\/|\.[a-z]+$)/.test(path))).toEqual([]);
});

test("files have kebab-case names", () => {
	const odd = ours.filter((path) => !/^[a-z0-9.-]+$/.test(path.slice(path.lastIndexOf("/") + 1)));
	expect(odd).toEqual([]);
});

test("what has procedures has a contract, and rules of its own in a service", () => {
	const lacking = foldersOf("server")
		.filter((feature) => existsSync(join("server", feature, "router.ts")))
		.flatMap((feature) => {
			const has = (...roles: string[]) => roles.some((role) => existsSync(join("server", feature, role)));
			return [
				...(has("contract.ts", "contract/index.ts") ? [] : [`server/${feature}/contract.ts`]),
				// The catalogue of procedures is read off the router; it keeps nothing.
				...(has("service.ts", "service/index.ts", "catalogue.ts") ? [] : [`server/${feature}/service.ts`]),
			];
		});
	expect(lacking).toEqual([]);
});

test("a feature is one word in every room", () => {
	const features = new Set(foldersOf("server"));
	// The first three know no feature; a chat is a thread with its runs, and is called what people call it; an account is
	// one's own side of several features, and the search is knowledge's other face.
	const own = new Set(["ui", "shell", "trpc", "chat", "account", "search"]);
	const strangers = [
		...foldersOf("components").map((word) => ["components", word] as const),
		...foldersOf("app/(console)").map((word) => ["app/(console)", word] as const),
	].filter(([, word]) => !features.has(word) && !own.has(word));
	expect(strangers.map((path) => path.join("/"))).toEqual([]);
});

test("env.ts is the only reader of the environment", () => {
	const readers = product.filter((path) => /\bprocess\.env\b/.test(read(path)) && path !== "server/core/env.ts");
	expect(readers).toEqual([]);
});

test("a test is never switched off in silence", () => {
	const off = ours
		.filter((path) => /\.(test|spec)\.tsx?$/.test(path))
		.filter((path) => /\b(test|it|describe)\.(skip|only|todo|fixme|skipIf|runIf)\b/.test(read(path)));
	expect(off).toEqual([]);
});
