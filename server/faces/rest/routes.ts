import { listProcedures } from "@/server/procedures/catalogue";
import type { ProcedureMeta } from "@/server/trpc/procedure";
import type { RestFace } from "@/server/trpc/rest-face";
import { appRouter } from "@/server/trpc/root";

/** Where the face is mounted. */
export const base = "/api/v1";

export type Route = {
	/** The procedure behind it, such as `prompts.save`. */
	name: string;
	type: "query" | "mutation" | "subscription";
	meta: ProcedureMeta;
	face: RestFace;
	segments: string[];
};

let known: Route[] | undefined;

/** Every procedure with a REST face, in the order of the router. */
export function restRoutes(): Route[] {
	known ??= listProcedures(appRouter).flatMap(({ path, type, meta }) =>
		meta.rest ? [{ name: path, type, meta, face: meta.rest, segments: meta.rest.path.split("/").slice(1) }] : [],
	);
	return known;
}

let byLength: Map<number, Route[]> | undefined;

function candidates(length: number): Route[] {
	byLength ??= Map.groupBy(restRoutes(), ({ segments }) => segments.length);
	return byLength.get(length) ?? [];
}

export type Found = { params: Record<string, string>; routes: Route[] };

/** The routes at this path, one for each method; null where there is none. */
export function findRoutes(path: string): Found | null {
	const parts = path.split("/").slice(1).map(decode);
	if (parts.some((part) => part === null || part === "")) return null;
	const fits = candidates(parts.length).filter(({ segments }) =>
		segments.every((segment, at) => nameOf(segment) !== null || segment === parts[at]),
	);
	const [first] = fits;
	if (!first) return null;
	const params: Record<string, string> = {};
	for (const [at, segment] of first.segments.entries()) {
		const name = nameOf(segment);
		if (name !== null) params[name] = parts[at] ?? "";
	}
	return { params, routes: fits.filter((route) => route.face.path === first.face.path) };
}

/** `{runId}` → `runId`; null for a fixed word. */
const nameOf = (segment: string): string | null => (segment.startsWith("{") ? segment.slice(1, -1) : null);

/** The names in a path that are taken from the input. */
export const paramsOf = (route: Route): string[] => route.segments.flatMap((segment) => nameOf(segment) ?? []);

function decode(part: string): string | null {
	try {
		return decodeURIComponent(part);
	} catch {
		return null;
	}
}
