import type { NotedSpan } from "@/server/core/spans";

/** Of traces that are left out, so many spans wait for a failure; the oldest trace gives way. */
const mostHeld = 20_000;
const mostOfOne = 2_000;
const mostDecided = 5_000;

/** Which spans are kept: those of traces that are in the sample, and of those in which something fails. */
export class Sampling {
	private readonly held = new Map<string, NotedSpan[]>();
	private count = 0;
	/** Traces whose root has come, and whether they were kept: something small may still follow it. */
	private readonly decided = new Map<string, boolean>();

	/** What may be written now. */
	pass(span: NotedSpan, percent: number): NotedSpan[] {
		const { traceId, status, parentId } = span.row;
		if (isInSample(traceId, percent)) return [span];
		const decided = this.decided.get(traceId);
		if (decided !== undefined) return decided ? [span] : [];
		const before = this.held.get(traceId) ?? [];
		if (status === "failed") return this.decide(traceId, true, [...before, span]);
		if (parentId === null) return this.decide(traceId, false, []);
		if (before.length < mostOfOne) {
			before.push(span);
			this.held.set(traceId, before);
			this.count += 1;
		}
		while (this.count > mostHeld) this.forgetOldest();
		return [];
	}

	private decide(traceId: string, isKept: boolean, spans: NotedSpan[]): NotedSpan[] {
		this.count -= this.held.get(traceId)?.length ?? 0;
		this.held.delete(traceId);
		this.decided.set(traceId, isKept);
		for (const oldest of this.decided.keys()) {
			if (this.decided.size <= mostDecided) break;
			this.decided.delete(oldest);
		}
		return spans;
	}

	private forgetOldest(): void {
		const [oldest] = this.held.keys();
		if (oldest === undefined) return;
		this.count -= this.held.get(oldest)?.length ?? 0;
		this.held.delete(oldest);
	}
}

/** By its id alone, so that whoever goes on with a run decides the same. */
export const isInSample = (traceId: string, percent: number): boolean =>
	Number.parseInt(traceId.slice(-8), 16) % 100 < percent;
