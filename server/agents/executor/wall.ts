/** The time that a run may take, which stands still while it waits for a person. */
export class Wall {
	private timer: NodeJS.Timeout | undefined;
	private startedAt = 0;
	constructor(
		private leftMs: number,
		private readonly onLate: () => void,
	) {}

	start(moreMs = 0): void {
		this.leftMs += moreMs;
		this.startedAt = performance.now();
		this.timer = setTimeout(this.onLate, Math.max(0, this.leftMs));
	}

	stop(): void {
		if (this.timer === undefined) return;
		clearTimeout(this.timer);
		this.timer = undefined;
		this.leftMs -= performance.now() - this.startedAt;
	}
}
