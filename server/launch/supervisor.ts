import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { pause } from "./processes";

export type Part = {
	name: string;
	start: () => Promise<ChildProcess>;
	/** What asks it to end. */
	stopSignal: NodeJS.Signals;
	/** What makes it end. */
	killSignal: NodeJS.Signals;
	onDeath: (how: string) => void;
	onBirth: () => void;
};

const waits = [50, 300, 1_000, 3_000, 10_000];
/** After so long a life the next death counts as the first again, in ms. */
const longLife = 60_000;

/** Keeps one process alive: a dead one is started again, at once the first time, then ever later; never two at a time. */
export class Supervisor {
	child: ChildProcess | null = null;
	private isStopping = false;
	private deaths = 0;
	private life: Promise<void> | null = null;

	constructor(readonly part: Part) {}

	/** Starts the first one, and from then on keeps one. Rejects where the first can't be started at all. */
	async start(): Promise<void> {
		const child = await this.begin();
		this.life = this.keep(child);
	}

	private async begin(): Promise<ChildProcess> {
		const child = await this.part.start();
		this.child = child;
		this.part.onBirth();
		return child;
	}

	private async keep(first: ChildProcess): Promise<void> {
		for (let child = first; ; ) {
			const born = performance.now();
			const how = await ended(child);
			this.child = null;
			if (this.isStopping) return;
			if (performance.now() - born > longLife) this.deaths = 0;
			this.part.onDeath(how);
			const next = await this.again();
			if (!next) return;
			child = next;
		}
	}

	private async again(): Promise<ChildProcess | null> {
		for (;;) {
			await pause(waits[Math.min(this.deaths++, waits.length - 1)] ?? 0);
			if (this.isStopping) return null;
			try {
				const child = await this.begin();
				// Stopped while it was being born.
				if (this.isStopping) child.kill(this.part.stopSignal);
				return child;
			} catch (error) {
				this.part.onDeath(error instanceof Error ? error.message : String(error));
			}
		}
	}

	/** Asks it to end, and after `limitMs` makes it. */
	async stop(limitMs: number): Promise<void> {
		this.isStopping = true;
		this.child?.kill(this.part.stopSignal);
		const timer = setTimeout(() => this.kill(), limitMs);
		await this.life;
		clearTimeout(timer);
	}

	/** For a newer build: it ends and comes back. */
	restart(): void {
		this.deaths = 0;
		this.child?.kill(this.part.stopSignal);
	}

	kill(): void {
		this.isStopping = true;
		this.child?.kill(this.part.killSignal);
	}
}

async function ended(child: ChildProcess): Promise<string> {
	if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
	return child.signalCode ?? `code ${child.exitCode}`;
}
