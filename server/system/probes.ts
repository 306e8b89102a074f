import { database } from "@/server/core/database";
import type { HealthPart } from "./contract";
import { readHealth } from "./service";

/** Without these nobody can work; the others are told to who may see them. */
const needed = ["Database", "Audit", "Worker", "Search index"];
const believedMs = 500;

let last: { at: number; parts: Promise<HealthPart[]> } | null = null;

/** Anybody may ask, so a crowd of askers costs one look. */
function lookOnce(): Promise<HealthPart[]> {
	if (!last || performance.now() - last.at > believedMs) {
		const parts = readHealth(database()).then((health) => health.parts.filter(({ name }) => needed.includes(name)));
		last = { at: performance.now(), parts };
	}
	return last.parts;
}

/** The process answers. */
export const healthz = (): Response => Response.json({ isAlive: true }, { headers: { "cache-control": "no-store" } });

/** People can work: the database answers, what they do can be written down, a worker is alive, the index can be asked. */
export async function readyz(): Promise<Response> {
	const parts = (await lookOnce()).map(({ name, state, detail }) =>
		state === "ill" ? { name, state, detail } : { name, state },
	);
	const isReady = parts.every(({ state }) => state !== "ill");
	return Response.json(
		{ isReady, parts },
		{
			status: isReady ? 200 : 503,
			headers: { "cache-control": "no-store", ...(isReady ? {} : { "retry-after": "1" }) },
		},
	);
}
