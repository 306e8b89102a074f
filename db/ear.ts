import pg from "pg";

type Listener = { onNotify: (payload: string) => void; onListen?: (() => void) | undefined };

const waitMs = { connect: 5_000, answer: 5_000 };
/** From one attempt to come back to the next, in ms. */
const backoff = (attempt: number) => Math.min(50 * 2 ** attempt, 1_000);

/**
 * One connection that hears what the database tells, and comes back by itself as long as somebody listens. The pool's driver
 * can listen too, but keeps the failure of a LISTEN whose connection broke at that moment, and gives it to whoever asks next.
 */
export class Ear {
	private readonly channels = new Map<string, Set<Listener>>();
	private connecting: Promise<pg.Client> | null = null;
	private lastTurn: Promise<void> = Promise.resolve();
	private isComingBack = false;
	private isClosed = false;

	constructor(
		private readonly url: string,
		private readonly name: string,
	) {}

	/** Resolves once the channel is heard; fails with the database's or the connection's own error where it can't be. */
	async listen(channel: string, listener: Listener): Promise<() => void> {
		const listeners = this.channels.get(channel) ?? new Set();
		this.channels.set(channel, listeners.add(listener));
		try {
			await this.tuneIn(channel);
		} catch (error) {
			this.forget(channel, listener);
			throw error;
		}
		listener.onListen?.();
		return () => this.forget(channel, listener);
	}

	async close(): Promise<void> {
		this.isClosed = true;
		const client = await this.connecting?.catch(() => null);
		// A silent line never says that it is over.
		await Promise.race([client?.end(), new Promise((resolve) => setTimeout(resolve, waitMs.answer).unref())]);
	}

	/** A channel without listeners is not heard any more after the next break; until then its news are dropped here. */
	private forget(channel: string, listener: Listener): void {
		const listeners = this.channels.get(channel);
		listeners?.delete(listener);
		if (listeners?.size === 0) this.channels.delete(channel);
	}

	private connection(): Promise<pg.Client> {
		this.connecting ??= this.connect().catch((error: unknown) => {
			this.connecting = null;
			throw error;
		});
		return this.connecting;
	}

	private async connect(): Promise<pg.Client> {
		const client = new pg.Client({
			connectionString: this.url,
			application_name: this.name,
			connectionTimeoutMillis: waitMs.connect,
			query_timeout: waitMs.answer,
			keepAlive: true,
		});
		// Without a listener, a database that restarts would end the process; the end of the connection is told apart.
		client.on("error", () => {});
		client.on("notification", ({ channel, payload = "" }) => {
			for (const { onNotify } of [...(this.channels.get(channel) ?? [])]) onNotify(payload);
		});
		await client.connect().catch((error: unknown) => {
			throw away(error);
		});
		client.once("end", () => {
			this.connecting = null;
			void this.comeBack();
		});
		return client;
	}

	/** Hears again all that is listened to, and tells the listeners, who may have missed something. */
	private async comeBack(): Promise<void> {
		if (this.isComingBack) return;
		this.isComingBack = true;
		for (let attempt = 0; this.channels.size > 0 && !this.isClosed; attempt++) {
			try {
				for (const channel of [...this.channels.keys()]) await this.tuneIn(channel);
				for (const listeners of [...this.channels.values()]) for (const { onListen } of [...listeners]) onListen?.();
				break;
			} catch {
				await new Promise((resolve) => setTimeout(resolve, backoff(attempt)));
			}
		}
		this.isComingBack = false;
	}

	/** One after the other: a connection takes one statement at a time. */
	private tuneIn(channel: string): Promise<void> {
		const turn = this.lastTurn.then(async () => {
			const client = await this.connection();
			try {
				await client.query(`listen ${pg.escapeIdentifier(channel)}`);
			} catch (error) {
				// It may be silent rather than broken: only a new one is sure to hear.
				void client.end().catch(() => {});
				throw away(error);
			}
		});
		this.lastTurn = turn.catch(() => {});
		return turn;
	}
}

/** This driver gives no code to what it says of a connection that broke; everybody else goes by the code. */
const away = (error: unknown) =>
	error instanceof Error && "code" in error && error.code
		? error
		: Object.assign(new Error("the connection to the database broke", { cause: error }), { code: "CONNECTION_CLOSED" });
