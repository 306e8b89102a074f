import { availableParallelism } from "node:os";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

/** Attacks that stand beside what they attack: they belong to `npm run attack`, and `main` leaves them to it. */
const attacks = [
	"tests/integration/{matrix,rpc-face}.test.ts",
	"server/auth/*.test.ts",
	"server/{tokens,keys,oauth,account,invitations}/*.test.ts",
	"server/trpc/{follow,limits}.test.ts",
	"server/core/{address,fetch-guard/fetch-guard}.test.ts",
	"server/audit/service/stream.test.ts",
	"server/users/service.test.ts",
];

const withDatabase = {
	globalSetup: ["tests/support/global-setup.ts"],
	setupFiles: ["tests/support/setup.ts"],
	pool: "forks",
	// A process runs many files: loading the packages anew for each took most of the time. setup.ts forgets what is ours.
	isolate: false,
	testTimeout: 30_000,
	hookTimeout: 30_000,
} satisfies TestProjectInlineConfiguration["test"];

export default defineConfig({
	resolve: { alias: { "@": import.meta.dirname } },
	test: {
		// One waits for the database or a child of its own while the other works, also on two cores.
		maxWorkers: Math.max(2, availableParallelism() - 1),
		projects: [
			{
				extends: true,
				test: {
					...withDatabase,
					name: "main",
					include: ["{app,components,db,server}/**/*.test.{ts,tsx}", "tests/{integration,support}/**/*.test.ts"],
					exclude: [...configDefaults.exclude, ...attacks],
				},
			},
			{ extends: true, test: { ...withDatabase, name: "attack", include: ["tests/attack/*.test.ts", ...attacks] } },
			{
				extends: true,
				test: {
					name: "attack-product",
					globalSetup: ["tests/attack/product/standing.ts"],
					setupFiles: ["tests/attack/product/setup.ts"],
					include: ["tests/attack/product/*.test.ts"],
					fileParallelism: false,
					sequence: { groupOrder: 1 },
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			},
			{
				extends: true,
				// They only read, for two seconds in all: what one loads, which takes longer, all of them have in the same process.
				test: {
					name: "architecture",
					include: ["tests/architecture/**/*.test.ts"],
					isolate: false,
					fileParallelism: false,
				},
			},
			{
				extends: true,
				test: {
					name: "launch",
					globalSetup: ["tests/launch/copied-project.ts"],
					include: ["tests/launch/**/*.test.ts"],
					fileParallelism: false,
					testTimeout: 300_000,
					hookTimeout: 300_000,
				},
			},
			{
				extends: true,
				test: {
					name: "fault",
					globalSetup: ["tests/support/global-setup.ts"],
					setupFiles: ["tests/support/setup.ts"],
					include: ["tests/fault/**/*.test.ts"],
					fileParallelism: false,
					testTimeout: 1_200_000,
					hookTimeout: 300_000,
				},
			},
		],
	},
});
