import type { Metrics } from "@/server/system/contract";
import { contextFromHeaders } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { problemOf, problemResponse } from "./rest/problem";

const mediaType = "text/plain; version=0.0.4; charset=utf-8";

/** `GET /api/metrics`: `system.metrics` as Prometheus reads it, for a key or a person with that right. */
export async function metricsHandler(request: Request): Promise<Response> {
	const ctx = { ...contextFromHeaders(request.headers, new URL(request.url).searchParams), via: "rest" as const };
	try {
		const text = toText(await createCaller(ctx).system.metrics({}));
		return new Response(text, { headers: { "content-type": mediaType, "cache-control": "no-store" } });
	} catch (failure) {
		return problemResponse(problemOf(failure, ctx.requestId));
	}
}

type Sample = { labels: Record<string, string>; value: number };

function toText({ startedAt, residentBytes, caches, calls }: Metrics): string {
	const ofCache = (value: (one: Metrics["caches"][number]) => number): Sample[] =>
		caches.map((one) => ({ labels: { cache: one.name, process: one.process }, value: value(one) }));
	const ofCall = (value: (one: Metrics["calls"][number]) => number): Sample[] =>
		calls.map((one) => ({ labels: { procedure: one.procedure }, value: value(one) }));
	const alone = (value: number): Sample[] => [{ labels: {}, value }];
	return [
		family("process_start_time_seconds", "gauge", "When this web process started.", alone(startedAt.getTime() / 1_000)),
		family("process_resident_memory_bytes", "gauge", "Memory of this web process.", alone(residentBytes)),
		family(
			"quarterdeck_cache_hits_total",
			"counter",
			"Answers that a cache had.",
			ofCache(({ hits }) => hits),
		),
		family(
			"quarterdeck_cache_misses_total",
			"counter",
			"Answers that had to be found out.",
			ofCache((one) => one.misses),
		),
		family(
			"quarterdeck_cache_entries",
			"gauge",
			"Answers that a cache holds.",
			ofCache(({ entries }) => entries),
		),
		family(
			"quarterdeck_calls_total",
			"counter",
			"Calls of a procedure.",
			ofCall((one) => one.calls),
		),
		family(
			"quarterdeck_call_failures_total",
			"counter",
			"Calls that were refused or failed.",
			ofCall((one) => one.failures),
		),
		family(
			"quarterdeck_call_seconds_total",
			"counter",
			"How long the calls took together.",
			ofCall((one) => one.seconds),
		),
	].join("");
}

function family(name: string, kind: "counter" | "gauge", help: string, samples: Sample[]): string {
	const lines = samples.map(({ labels, value }) => {
		const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
		return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
	});
	return `${[`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines].join("\n")}\n`;
}

const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
