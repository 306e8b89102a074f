import { setTimeout as sleep } from "node:timers/promises";
import { type Claim, claimCalls, renewClaims, returnClaims } from "./claim";
import type { Core } from "./core";
import { fireCrons } from "./cron";
import { deliverNext, NotDelivered } from "./deliver";
import { execute } from "./execute";
import { admitForgotten, reclaimLost } from "./lost";
import { peek, type Work } from "./peek";
import { beat, findDeadWorkers, forgetWorkers } from "./presence";
import type { Caller } from "./protocol";
import { wakeNext } from "./wake";

export type EngineParts = {
	core: Core;
	caller: Caller;
	slots: number;
	stepLimit: number;
	drain: number;
	poll: number;
	upkeep: number;
};

/** Of each kind, so much before the others have their turn. */
const batch = 20;
const retryDelivery = 10_000;

/** Takes jobs from the queue and does them, a few at a time, until it is stopped. */
export class Engine {
	private readonly running = new Map<Promise<void>, Claim>();
	private readonly notDelivered = new Map<number, number>();
	private readonly stopped = new AbortController();
	private readonly hardStop = new AbortController();
	private alarm = Promise.withResolvers<void>();
	private unlisten: (() => void) | undefined;
	private loops: Promise<void>[] = [];

	constructor(private readonly parts: EngineParts) {}

	async start(): Promise<void> {
		const { db } = this.parts.core;
		await this.keepUp();
		this.unlisten = await db.listen("jobs", this.wakeUp, this.wakeUp);
		this.loops = [this.work(), this.tend()];
	}

	/** Lets what runs come to its end for a while, and gives the rest back to the queue for the next worker to take at once. */
	async stop(): Promise<void> {
		const { core, drain } = this.parts;
		if (this.stopped.signal.aborted) return void (await Promise.allSettled(this.loops));
		this.stopped.abort();
		this.wakeUp();
		await Promise.allSettled(this.loops);
		this.unlisten?.();
		await Promise.race([Promise.allSettled(this.running.keys()), sleep(drain, undefined, { ref: false })]);
		const unfinished = [...this.running.values()];
		this.hardStop.abort();
		await returnClaims(
			core,
			unfinished.map(({ token }) => token),
		);
	}

	private readonly wakeUp = (): void => this.alarm.resolve();

	private async work(): Promise<void> {
		while (!this.stopped.signal.aborted) {
			this.alarm = Promise.withResolvers<void>();
			const wait = await this.round().catch(async (error: unknown) => {
				this.parts.core.log.warn({ err: error }, "the job queue could not be read; trying again");
				return 1_000;
			});
			if (wait > 0) await this.pause(wait);
		}
	}

	/** Does what is due; answers how many ms nothing more will be, unless the alarm goes. */
	private async round(): Promise<number> {
		const { core } = this.parts;
		const work = await peek(core);
		if (work.hasCrons) await fireCrons(core);
		const delivered = work.hasEvents ? await this.deliverSome() : 0;
		let woken = 0;
		while (work.hasWakes && woken < batch && (await wakeNext(core))) woken++;
		const claimed = work.hasCalls || delivered + woken > 0 || work.hasCrons ? await this.claimSome() : 0;
		return delivered + woken + claimed > 0 ? 0 : this.quietFor(work);
	}

	private async deliverSome(): Promise<number> {
		const now = Date.now();
		for (const [seq, until] of this.notDelivered) if (until < now) this.notDelivered.delete(seq);
		for (let delivered = 0; delivered < batch; delivered++) {
			try {
				if ((await deliverNext(this.parts.core, [...this.notDelivered.keys()])) === null) return delivered;
			} catch (error) {
				if (!(error instanceof NotDelivered)) throw error;
				this.notDelivered.set(error.seq, now + retryDelivery);
				this.parts.core.log.error({ err: error, seq: error.seq }, "an event was not delivered; trying again");
			}
		}
		return batch;
	}

	private async claimSome(): Promise<number> {
		const { core, caller, slots, stepLimit } = this.parts;
		const { claims, seen } = await claimCalls(core, slots - this.running.size);
		for (const claim of claims) {
			const done = execute({ core, caller, stepLimit, stopped: this.hardStop.signal }, claim).finally(() => {
				this.running.delete(done);
				this.wakeUp();
			});
			this.running.set(done, claim);
		}
		return seen;
	}

	private quietFor(work: Work): number {
		const { poll, slots } = this.parts;
		const nextCall = this.running.size < slots ? work.nextCall : null;
		const due = [nextCall, work.nextWake, work.nextCron].flatMap((ms) => (ms === null ? [] : [ms]));
		return Math.max(1, Math.min(poll, ...due.map(Math.ceil)));
	}

	private async pause(ms: number): Promise<void> {
		const timer = new AbortController();
		await Promise.race([this.alarm.promise, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})]);
		timer.abort();
	}

	private async tend(): Promise<void> {
		const { upkeep, core } = this.parts;
		while (!this.stopped.signal.aborted) {
			await sleep(upkeep, undefined, { signal: this.stopped.signal }).catch(() => {});
			if (this.stopped.signal.aborted) return;
			await this.keepUp().catch((error: unknown) => core.log.warn({ err: error }, "the leases could not be renewed"));
		}
	}

	/** Renews its own leases first, and only then takes back those of others. */
	private async keepUp(): Promise<void> {
		const { core } = this.parts;
		await beat(core.db, core.worker);
		await renewClaims(
			core,
			[...this.running.values()].map(({ token }) => token),
		);
		const dead = await findDeadWorkers(core.db, core.worker);
		const count = await reclaimLost(core, dead);
		if (count > 0) core.log.warn({ count, dead }, "took over the jobs of workers that are gone");
		await forgetWorkers(core.db, dead);
		await admitForgotten(core);
	}
}
