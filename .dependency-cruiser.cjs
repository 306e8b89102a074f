/** Who may import whom: the picture in ARCHITECTURE.md, as `npm run check` believes it. Each rule says why it is there. */
const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

const test = "\\.test\\.tsx?$|^tests/";
const contract = "^server/[^/]+/contract(\\.ts$|/)";
const service = "^server/[^/]+/service(\\.ts$|/)";
const executor = "^server/agents/(executor/|checkpointer\\.ts$)";
/** The feature's door for others: its contract and its service, whole or as a folder's index. */
const door = "^server/[^/]+/(contract|service)(\\.ts$|/index\\.ts$)";
/** Shared by the browser and the server. */
const words = "^server/core/(list|pagination|permissions)\\.ts$";
const package_ = (names) => `(^|/)node_modules/(${names})/`;
const notAsType = { dependencyTypesNot: ["type-only"] };

module.exports = {
	forbidden: [
		rule("no-cycles", "A cycle means that two modules are one.", {}, { circular: true, viaOnly: notAsType }),
		rule(
			"resolves",
			"An import that leads nowhere, or to a package that package.json does not name.",
			{},
			{ couldNotResolve: true, dependencyTypesNot: ["core"] },
		),
		rule(
			"product-needs-no-dev-packages",
			"What runs for people stands in `dependencies`.",
			{ path: "^(app|components|db|server)/", pathNot: test },
			{ dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
		),
		rule(
			"db-is-a-leaf",
			"db/ knows tables, not the product.",
			{ path: "^db/", pathNot: test },
			{ path: "^(app|components|server)/", ...notAsType },
		),
		rule(
			"core-is-below-features",
			"What all share owns none of them.",
			{ path: "^server/core/", pathNot: test },
			{ path: "^(app|components|server)/", pathNot: "^server/core/", ...notAsType },
		),
		rule(
			"contract-is-pure",
			"A contract runs in the browser: zod, other contracts and the shared words, nothing else.",
			{ path: contract },
			{ pathNot: [contract, words, package_("zod")] },
		),
		rule(
			"browser-sees-contracts-only",
			"Components may load a contract and the shared words; anything else of server/ only as a type.",
			{ path: "^components/", pathNot: test },
			{ path: "^(server|db)/", pathNot: [contract, words], ...notAsType },
		),
		rule(
			"pages-use-the-door",
			"A page reads through the tRPC caller, like everybody else; the API's reference is read off its definitions.",
			{ path: "^app/", pathNot: ["/route\\.ts$", test] },
			{
				path: "^(server|db)/",
				pathNot: ["^server/trpc/", "^server/faces/rest/openapi/reference\\.ts$", contract, words],
				...notAsType,
			},
		),
		rule(
			"routes-mount-handlers",
			"A route is one line: the handler of a face, of sign-in, of the jobs or of the probes.",
			{ path: "^app/.*/route\\.ts$" },
			{
				path: "^(server|db|components)/",
				pathNot: [
					"^server/(trpc|auth|tokens)/handler\\.ts$",
					"^server/jobs/serve\\.ts$",
					"^server/system/probes\\.ts$",
					"^server/faces/",
				],
			},
		),
		rule(
			"routers-are-thin",
			"No rules in routers: no tool, job or test could reach them.",
			{ path: "^server/[^/]+/router\\.ts$" },
			{
				path: "^(server|db)/",
				pathNot: ["^server/(trpc|core)/", "^server/[^/]+/(contract|service|catalogue)(\\.ts$|/)"],
				...notAsType,
			},
		),
		rule(
			"services-know-no-transport",
			"A service throws AppError; it has never heard of tRPC, Next or LangGraph.",
			{ path: ["^server/core/", service], pathNot: test },
			{ path: ["^server/(trpc|faces)/", package_("@trpc|next|next-auth|@langchain")], ...notAsType },
		),
		rule(
			"graphs-use-the-door",
			"What a model does is checked like what a person does: through procedures, never a service or a table.",
			{ path: "^server/agents/graphs/", pathNot: test },
			{ path: ["^db/", "^server/[^/]+/(service|router)"], ...notAsType },
		),
		rule(
			"features-meet-at-doors",
			"Another feature's door is its contract and its service; not its insides.",
			{ path: "^server/([^/]+)/", pathNot: ["^server/(core|trpc|faces|jobs|launch|demo)/", executor, test] },
			{
				path: "^server/",
				pathNot: [
					"^server/$1/",
					"^server/(core|trpc|models|faces|files)/",
					"^server/jobs/(emit|events|client|context|patience)\\.ts$",
					// Who makes an account sets its first password.
					"^server/auth/passwords/index\\.ts$",
					door,
				],
				...notAsType,
			},
		),
		rule(
			"executor-writes-runs",
			"The executor is the other half of server/runs: it writes what that reads. It knows no other feature's insides.",
			{ path: executor, pathNot: test },
			{
				path: "^server/",
				pathNot: ["^server/(agents|runs|core|trpc|models|faces|auth)/", door],
				...notAsType,
			},
		),
		rule(
			"nothing-needs-the-launcher",
			"server/launch starts the product and is started by it alone.",
			{ path: "^(app|components|db|server)/", pathNot: ["^server/launch/", test] },
			{ path: "^server/launch/" },
		),
		rule(
			"no-test-code-in-product",
			"tests/ is for tests.",
			{ path: "^(app|components|db|server)/", pathNot: test },
			{ path: ["^tests/", "\\.test\\.tsx?$"] },
		),
	],
	options: {
		// TypeScript 7 has no compiler for tools: without another parser nothing would be found, and nothing forbidden.
		parser: "swc",
		doNotFollow: { path: "(^|/)node_modules/" },
		exclude: { path: "^(\\.next|dist|\\.data)/" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.json" },
		enhancedResolveOptions: {
			exportsFields: ["exports"],
			conditionNames: ["import", "require", "node", "default", "types"],
			extensions: [".ts", ".tsx", ".mjs", ".js", ".json", ".css"],
		},
	},
};
