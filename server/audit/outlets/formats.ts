import type { ExportFormat } from "@/db/schema";
import { csvLine } from "@/server/core/csv";
import type { SealedEntry } from "../service/read-sealed";
import { toOcsf } from "./ocsf";

const json = (value: object | null): string => (value && Object.keys(value).length > 0 ? JSON.stringify(value) : "");

const columns: [string, (entry: SealedEntry) => string | number | null][] = [
	["sequence", (entry) => entry.seq],
	["time", (entry) => entry.at.toISOString()],
	["actor_kind", (entry) => entry.actorKind],
	["actor_id", (entry) => entry.actorId],
	["actor", (entry) => entry.actorLabel],
	["account_id", (entry) => entry.userId],
	["chain", (entry) => entry.chain.map(({ kind, id }) => `${kind}:${id ?? ""}`).join(" ")],
	["via", (entry) => entry.via],
	["action", (entry) => entry.action],
	["resource", (entry) => entry.resourceKind],
	["resource_id", (entry) => entry.resourceId],
	["outcome", (entry) => entry.outcome],
	["reason", (entry) => entry.reason],
	["before", (entry) => json(entry.before)],
	["after", (entry) => json(entry.after)],
	["detail", (entry) => json(entry.detail)],
	["request_id", (entry) => entry.requestId],
	["run_id", (entry) => entry.runId],
	["address", (entry) => entry.address],
	["user_agent", (entry) => entry.userAgent],
	["sealed_at", (entry) => entry.sealedAt.toISOString()],
	["hash", (entry) => entry.hash],
];

export type Format = { ending: string; mediaType: string; label: string };
export const formats = {
	csv: { ending: "csv", mediaType: "text/csv; charset=utf-8; header=present", label: "CSV" },
	jsonl: { ending: "jsonl", mediaType: "application/x-ndjson", label: "JSONL, OCSF 1.4.0" },
	chain: { ending: "chain.jsonl", mediaType: "application/x-ndjson", label: "Chain, for npm run audit:verify" },
} as const satisfies Record<ExportFormat, Format>;

/** The byte order mark tells spreadsheets that it is UTF-8. */
export const csvHead = (): string => `\ufeff${csvLine(columns.map(([name]) => name))}`;
export const csvEntry = (entry: SealedEntry): string => csvLine(columns.map(([, read]) => read(entry)));
export const ocsfEntry = (entry: SealedEntry, chainId: string): string => `${JSON.stringify(toOcsf(entry, chainId))}\n`;
