import { setTimeout as sleep } from "node:timers/promises";
import { log } from "@/server/core/log";
import type { NotedSpan } from "@/server/core/spans";
import type { ExportTarget } from "./targets";

/** What gathers within so many ms goes out together. */
const pauseMs = 1_000;
const mostAtOnce = 400;
/** A collector that is away for long must not fill the memory. */
const mostWaiting = 10_000;
const mostTries = 6;
const longestWaitMs = 30_000;
/** How long the end of a process may wait for it, in ms. */
const lastMs = 2_000;

/** What has to be tried again later; anything else that is refused stays so. */
const passing = new Set([408, 429, 502, 503, 504]);

/** Sends spans to one place, in order, each batch again where that may help, and never more than the memory has room for. */
export class ExportQueue {
	private waiting: NotedSpan[] = [];
	private sending: Promise<void> | null = null;
	private dropped = 0;
	/** Ends the waits: the process ends. */
	private readonly over = new AbortController();
	constructor(
		private readonly target: ExportTarget,
		private readonly encode: (spans: readonly NotedSpan[]) => unknown,
	) {}

	add(spans: readonly NotedSpan[]): void {
		const room = Math.max(0, mostWaiting - this.waiting.length);
		this.waiting.push(...spans.slice(0, room));
		this.dropped += spans.length - Math.min(spans.length, room);
		if (this.waiting.length === 0) return;
		this.sending ??= this.sendAll().finally(() => {
			this.sending = null;
		});
	}

	async stop(): Promise<void> {
		this.over.abort();
		await Promise.race([this.sending, sleep(lastMs, undefined, { ref: false })]);
	}

	private async sendAll(): Promise<void> {
		await this.wait(pauseMs);
		while (this.waiting.length > 0) {
			const some = this.waiting.slice(0, mostAtOnce);
			const why = await this.deliver(some);
			this.waiting = this.waiting.slice(some.length);
			if (why)
				log.warn({ to: this.target.to, host: this.target.host, spans: some.length, why }, "spans were not taken");
		}
		if (this.dropped > 0)
			log.warn(
				{ to: this.target.to, host: this.target.host, dropped: this.dropped },
				"spans were dropped before they went out",
			);
		this.dropped = 0;
	}

	/** Why it could not be delivered; null where it was. */
	private async deliver(spans: readonly NotedSpan[]): Promise<string | null> {
		const body = JSON.stringify(this.encode(spans));
		for (let tries = 1; ; tries += 1) {
			const { why, waitMs } = await this.post(body, tries);
			if (why === null || waitMs === null || tries === mostTries || this.over.signal.aborted) return why;
			await this.wait(waitMs);
		}
	}

	private async post(body: string, tries: number): Promise<{ why: string | null; waitMs: number | null }> {
		const backoffMs = Math.min(500 * 2 ** tries * (0.5 + Math.random() / 2), longestWaitMs);
		const { url, headers, timeoutMs } = this.target;
		try {
			const response = await fetch(url, {
				method: "POST",
				headers: { ...headers, "content-type": "application/json" },
				body,
				redirect: "error",
				signal: AbortSignal.timeout(timeoutMs),
			});
			await response.body?.cancel();
			if (response.ok) return { why: null, waitMs: null };
			const after = Number(response.headers.get("retry-after"));
			const waitMs = after > 0 ? Math.min(after * 1_000, longestWaitMs) : backoffMs;
			return { why: `it answered ${response.status}`, waitMs: passing.has(response.status) ? waitMs : null };
		} catch (error) {
			return { why: error instanceof Error ? error.name : "it could not be reached", waitMs: backoffMs };
		}
	}

	private async wait(ms: number): Promise<void> {
		if (this.over.signal.aborted) return;
		await sleep(ms, undefined, { ref: false, signal: this.over.signal }).catch(() => {});
	}
}
