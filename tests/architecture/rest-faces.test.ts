import { expect, test } from "vitest";
import { z } from "zod";
import { paramsOf, restRoutes } from "@/server/faces/rest/routes";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";

/** What programs don't call over REST, and why. */
const inBrowser = "Needs a person at a browser, in their own session.";
const withoutRest: Record<string, string> = {
	"auth.proofs": inBrowser,
	"auth.startProof": inBrowser,
	"auth.startProofAtProvider": inBrowser,
	"auth.prove": inBrowser,
	"factors.startTotp": inBrowser,
	"factors.confirmTotp": inBrowser,
	"factors.removeTotp": inBrowser,
	"factors.startPasskey": inBrowser,
	"factors.addPasskey": inBrowser,
	"factors.renamePasskey": inBrowser,
	"factors.removePasskey": inBrowser,
	"factors.renewRecoveryCodes": inBrowser,
	"factors.startLink": inBrowser,
	"factors.unlink": inBrowser,
	"oauth.look": inBrowser,
	"oauth.decide": inBrowser,
	"knowledge.openDocument": "Answers with the file itself, at /api/documents/{documentId}/file.",
	"audit.openExport": "Answers with the file itself, at /api/audit-exports/{exportId}/file.",
	"knowledge.embed": "Programs embed texts through /api/openai/v1/embeddings.",
};

const procedures = listProcedures(appRouter);
const routes = restRoutes();
const shapeOf = (input: z.ZodType) => (input instanceof z.ZodObject ? Object.keys(input.shape) : []);

test("every procedure has a REST face, or says here why not", () => {
	const lacking = procedures.filter(
		({ path, type, meta }) => !meta.rest && type !== "subscription" && !withoutRest[path],
	);
	// Give it `rest: "GET /things/{thingId}"` and `summary: "…"` in its options, or a line in the table above.
	expect(lacking.map(({ path }) => path)).toEqual([]);
	const stale = Object.keys(withoutRest).filter(
		(name) => !procedures.some(({ path, meta }) => path === name && !meta.rest),
	);
	expect(stale).toEqual([]);
});

test("no two procedures share a method and a path, whatever their names in braces", () => {
	const addresses = routes.map(({ face }) => `${face.method} ${face.path.replace(/\{\w+\}/g, "{}")}`);
	expect(addresses.filter((one, at) => addresses.indexOf(one) !== at)).toEqual([]);
});

test.each(routes.map((route) => [route.name, route] as const))(
	"%s reads with GET and changes with the rest",
	(_, route) => {
		const { method, path } = route.face;
		expect(method === "GET").toBe(route.type !== "mutation");
		expect(path).toMatch(/^(\/([a-z]+(-[a-z]+)*|\{[a-zA-Z]+\}))+$/);
		for (const name of paramsOf(route)) expect(shapeOf(route.meta.input)).toContain(name);
		expect(route.meta.summary).toMatch(/^[A-Z].{8,118}\.$/);
	},
);

test("what is made has an address that can be read", () => {
	const form = (path: string) => path.replace(/\{[\w.]+\}/g, "{}");
	const readable = new Set(routes.filter(({ face }) => face.method === "GET").map(({ face }) => form(face.path)));
	const lost = routes.filter(({ face }) => face.location && !readable.has(form(face.location)));
	expect(lost.map(({ name }) => name)).toEqual([]);
});

test("one thing has one name in all its addresses", () => {
	const names = Map.groupBy(
		routes.flatMap(({ segments }) =>
			segments.flatMap((segment, at) => (segment.startsWith("{") ? [[segments[at - 1], segment]] : [])),
		),
		([plural]) => plural,
	);
	for (const [plural, used] of names) expect([plural, new Set(used.map(([, name]) => name)).size]).toEqual([plural, 1]);
});
