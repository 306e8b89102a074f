import { env } from "@/server/core/env";

/** Where the environment has spans sent to. Whoever sets it runs the server: like every such address it may be an internal one. */
export type ExportTarget = {
	to: "otlp" | "langsmith";
	url: string;
	host: string;
	headers: Record<string, string>;
	timeoutMs: number;
};

export function exportTargets(): ExportTarget[] {
	const of = env();
	const otlp =
		of.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
		(of.OTEL_EXPORTER_OTLP_ENDPOINT && below(of.OTEL_EXPORTER_OTLP_ENDPOINT, "v1/traces"));
	const timeoutMs = of.OTEL_EXPORTER_OTLP_TIMEOUT;
	const headers = of.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? of.OTEL_EXPORTER_OTLP_HEADERS ?? {};
	const targets: ExportTarget[] = [];
	if (otlp) targets.push({ to: "otlp", url: otlp, host: new URL(otlp).host, headers, timeoutMs });
	if (of.LANGSMITH_TRACING === "true" && of.LANGSMITH_API_KEY) {
		const url = below(of.LANGSMITH_ENDPOINT, "runs/batch");
		const key = { "x-api-key": of.LANGSMITH_API_KEY };
		targets.push({ to: "langsmith", url, host: new URL(url).host, headers: key, timeoutMs });
	}
	return targets;
}

const below = (address: string, path: string): string => `${address.replace(/\/+$/, "")}/${path}`;
