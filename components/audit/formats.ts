import type { ExportFormat } from "@/server/audit/contract";

export const formatNames = {
	csv: "CSV",
	jsonl: "JSONL, with OCSF names",
	chain: "Chain",
} as const satisfies Record<ExportFormat, string>;

export const formatTexts = {
	csv: "For spreadsheets. Nothing in it is taken for a formula.",
	jsonl: "An event a line, for a SIEM or a data lake.",
	chain: "Proves itself offline, with npm run audit:verify.",
} as const satisfies Record<ExportFormat, string>;
