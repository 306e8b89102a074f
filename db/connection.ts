import { type ExtractTablesWithRelations, sql as raw, type SQL } from "drizzle-orm";
import type { PgTransaction } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsDatabase, type PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { Ear } from "./ear";

export type Tx = PgTransaction<
	PostgresJsQueryResultHKT,
	Record<string, never>,
	ExtractTablesWithRelations<Record<string, never>>
>;
/** What reads take: the pool itself or a transaction. */
export type Reader = PostgresJsDatabase<Record<string, never>> | Tx;

export type SlowQuery = { query: string; ms: number; plan: string[] };
export type DatabaseOptions = {
	url: string;
	/** Most connections at once. */
	pool?: number;
	/** Longest a statement may run, in ms. */
	statementTimeout?: number;
	/** Longest a statement may wait for a lock, in ms. */
	lockTimeout?: number;
	/** Statements above this many ms are told to `onSlow`, with their plan. */
	slowMs?: number;
	onSlow?: (slow: SlowQuery) => void;
	/** Stands in pg_stat_activity. */
	name?: string;
};

const retryable = new Set(["40001", "40P01"]);
const mostAttempts = 4;
/** Statements with more are lists of varying length, which would fill a connection's memory with plans. */
const mostKeptParameters = 40;
const explainEveryMs = 60_000;

/** The only way to PostgreSQL. One a process. */
export class Database {
	readonly sql: postgres.Sql;
	readonly orm: PostgresJsDatabase<Record<string, never>>;
	/** Statements whose plan was told, and until when it isn't told again. */
	private readonly explained = new Map<string, number>();
	private readonly ear: Ear;

	constructor(private readonly options: DatabaseOptions) {
		this.sql = postgres(options.url, {
			max: options.pool ?? 10,
			idle_timeout: 60,
			connect_timeout: 5,
			// Left to itself, the driver waits up to 20 s before it looks whether a database is back.
			backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 1),
			onnotice: () => {},
			connection: {
				application_name: options.name ?? "quarterdeck",
				statement_timeout: options.statementTimeout ?? 5_000,
				lock_timeout: options.lockTimeout ?? 3_000,
				idle_in_transaction_session_timeout: 30_000,
			},
		});
		this.orm = withWholeNames(drizzle(this.wrapped(this.sql), { casing: "snake_case" }));
		this.ear = new Ear(options.url, options.name ?? "quarterdeck");
	}

	/** Runs `work` in one transaction; a serialization failure or a deadlock runs it again, so it must have no other effects. */
	async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await this.orm.transaction(work);
			} catch (error) {
				if (attempt === mostAttempts || !retryable.has(databaseCode(error) ?? "")) throw error;
				await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt * Math.random()));
			}
		}
	}

	/** The same database inside a transaction that is open: what is done through it is done, or not, together with that. */
	within(tx: Tx): Database {
		// A transaction of ours is one of the driver's; Drizzle keeps it in its session and has no word for it.
		const { client } = (tx as unknown as { session: { client: postgres.TransactionSql } }).session;
		return Object.create(this, {
			orm: { value: tx },
			sql: { value: client },
			transaction: { value: <T>(work: (inner: Tx) => Promise<T>) => tx.transaction(work) },
		});
	}

	/** Calls back for each NOTIFY on the channel, also after a reconnect; `onListen` runs at each (re)connection. */
	listen(channel: string, onNotify: (payload: string) => void, onListen?: () => void): Promise<() => void> {
		return this.ear.listen(channel, { onNotify, onListen });
	}

	async ping(): Promise<void> {
		await this.orm.execute(raw`select 1`);
	}

	async close(): Promise<void> {
		await Promise.all([this.ear.close(), this.sql.end({ timeout: 5 })]);
	}

	/**
	 * Drizzle runs every statement through `unsafe` and `begin`: the two places where its time can be taken, and where a
	 * connection can be told to keep its plan. Without that each statement takes two journeys and is planned anew.
	 */
	private wrapped(sql: postgres.Sql): postgres.Sql {
		const { slowMs = 200, onSlow } = this.options;
		const wrap = <C extends postgres.Sql | postgres.TransactionSql>(target: C): C =>
			new Proxy(target, {
				get: (inner, name) => {
					if (name === "unsafe")
						return (query: string, parameters: never[] = [], more?: postgres.UnsafeQueryOptions) => {
							const isKept = parameters.length > 0 && parameters.length <= mostKeptParameters;
							const pending = inner.unsafe(query, parameters, { ...more, prepare: isKept });
							if (!onSlow) return pending;
							const started = performance.now();
							const check = () => {
								const ms = performance.now() - started;
								if (ms >= slowMs) void this.explain(query, parameters, ms, onSlow);
							};
							// A query starts one microtask after its first `then`, so `.values()` on it still counts.
							pending.then(check, () => {});
							return pending;
						};
					if (name === "begin" || name === "savepoint")
						return (...args: unknown[]) => {
							const work = args.pop() as (tx: postgres.TransactionSql) => unknown;
							const original: (...args: unknown[]) => unknown = Reflect.get(inner as object, name);
							return original.call(inner, ...args, (tx: postgres.TransactionSql) => work(wrap(tx)));
						};
					return Reflect.get(inner, name);
				},
			});
		return wrap(sql);
	}

	/** Tells of a slow statement; its plan is looked up once in a while only, as that costs time where there is none. */
	private async explain(
		query: string,
		parameters: never[],
		ms: number,
		onSlow: (slow: SlowQuery) => void,
	): Promise<void> {
		const isExplained = /^\s*(select|with)/i.test(query) && (this.explained.get(query) ?? 0) < performance.now();
		if (isExplained) {
			if (this.explained.size > 500) this.explained.clear();
			this.explained.set(query, performance.now() + explainEveryMs);
		}
		const plan = isExplained
			? await this.sql.unsafe(`explain ${query}`, parameters).then(
					(rows) => rows.map((row) => String(row["QUERY PLAN"])),
					() => [],
				)
			: [];
		onSlow({ query, ms: Math.round(ms), plan });
	}
}

/** The SQLSTATE of a failure, wherever in its chain of causes it stands. */
export function databaseCode(error: unknown): string | undefined {
	for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
		if ("code" in at && typeof at.code === "string") return at.code;
	}
	return undefined;
}

const awayCodes = /^(08|57P0|53|25006|CONNECTION_|CONNECT_TIMEOUT|ECONN|ENOTFOUND|ETIMEDOUT|EPIPE)/;
/** Whether a failure means that the database can't be used now, rather than that the statement was wrong. */
export const isDatabaseAway = (error: unknown): boolean => awayCodes.test(databaseCode(error) ?? "");
/** Whether a failure means that a statement or a lock took too long. */
export const isDatabaseSlow = (error: unknown): boolean => ["57014", "55P03"].includes(databaseCode(error) ?? "");

type Dialect = { buildSelection: (fields: unknown[], options?: { isSingleTable?: boolean }) => SQL };

/**
 * In a query of one table Drizzle leaves the table's name away from columns, also from those that stand in a subquery of a field:
 * there the name means a column of the inner table, if that has one of the same name. With their tables they mean what they say.
 */
function withWholeNames<Orm>(orm: Orm): Orm {
	// Drizzle keeps it out of its types.
	const { dialect } = orm as { dialect: Dialect };
	const { buildSelection } = dialect;
	dialect.buildSelection = (fields) => buildSelection.call(dialect, fields, { isSingleTable: false });
	return orm;
}
