import { type AuditFilter, AuditOutcome } from "@/server/audit/contract";

type Get = (name: string) => string | null;
/** A condition of the address that can't be used, and why. */
export type Unusable = { name: string; value: string; why: string };

const hour = 3_600_000;
export const ranges = [
	{ value: "", label: "Any time" },
	{ value: "1h", label: "Last hour", ms: hour },
	{ value: "24h", label: "Last 24 hours", ms: 24 * hour },
	{ value: "7d", label: "Last 7 days", ms: 7 * 24 * hour },
	{ value: "30d", label: "Last 30 days", ms: 30 * 24 * hour },
	{ value: "own", label: "From … to …" },
] as const;

export const vias = ["console", "rpc", "rest", "mcp", "openai", "langgraph", "tool", "job", "start"] as const;

/** The names that an address has for conditions. */
export const names = [
	...["user", "actor", "via", "action", "kind", "resource", "outcome", "address", "request", "run"],
	...["range", "from", "to"],
] as const;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const step = 60_000;

/**
 * The filter that an address stands for; the server page and the browser read it alike. What can't be used is named and not
 * dropped in silence: its reader would take the list for what it is not.
 */
export function filterFrom(get: Get): { filter: AuditFilter; unusable: Unusable[] } {
	const unusable: Unusable[] = [];
	const read = <T>(name: string, use: (value: string) => T | undefined, why: string): T | undefined => {
		const value = get(name)?.trim();
		if (!value) return undefined;
		const used = use(value);
		if (used === undefined) unusable.push({ name, value, why });
		return used;
	};
	const text = (name: string, most: number) =>
		read(name, (value) => (value.length <= most ? value : undefined), `it may have ${most} characters`);
	const id = (name: string) => read(name, (value) => (uuid.test(value) ? value : undefined), "it is not an id");
	const time = (name: string) => read(name, (value) => toTime(value), "it is not a time such as 2026-11-25T08:00:00Z");
	const range = read(
		"range",
		(value) => ranges.find((one) => one.value === value),
		"choose 1h, 24h, 7d or 30d, or give from and to",
	);
	const filter = {
		userId: id("user"),
		actorId: text("actor", 100),
		via: read("via", (value) => vias.find((one) => one === value), `choose ${vias.join(", ")}`),
		action: text("action", 100),
		resourceKind: text("kind", 100),
		resourceId: text("resource", 200),
		outcome: read(
			"outcome",
			(value) => AuditOutcome.safeParse(value).data,
			`choose ${AuditOutcome.options.join(", ")}`,
		),
		address: text("address", 100),
		requestId: text("request", 100),
		runId: id("run"),
		...(range && "ms" in range ? { from: since(range.ms), to: undefined } : { from: time("from"), to: time("to") }),
	};
	return { filter, unusable };
}

/** Rounded, so that the server and the browser mean the same list. */
const since = (ms: number): string => new Date(Math.floor((Date.now() - ms) / step) * step).toISOString();

function toTime(text: string): string | undefined {
	const at = Date.parse(text);
	return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

export const isFiltered = (filter: AuditFilter): boolean => Object.values(filter).some((value) => value !== undefined);

/** Takes every condition away. */
export const cleared = Object.fromEntries([...names, "open"].map((name) => [name, null]));

const words = {
	userId: "Account",
	actorId: "Actor",
	via: "Via",
	action: "Action",
	resourceKind: "Resource",
	resourceId: "Resource id",
	outcome: "Outcome",
	address: "Address",
	requestId: "Request",
	runId: "Run",
	from: "From",
	to: "Before",
} as const satisfies Record<keyof AuditFilter, string>;
/** The conditions in words. */
export const conditionsOf = (filter: AuditFilter): { name: string; value: string }[] =>
	// Object.entries forgets the names that the filter has.
	(Object.entries(filter) as [keyof AuditFilter, string | undefined][]).flatMap(([key, value]) =>
		value === undefined ? [] : [{ name: words[key], value }],
	);
