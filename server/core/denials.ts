import { actorId, actorUser } from "./actor";
import { addressBlock } from "./address";
import { type AuditFact, audit } from "./audit";
import type { ServiceContext } from "./context";
import { AppError } from "./errors";
import { log } from "./log";

/** Refusals are written down in the moment; what is refused over and over within this time, in ms, is counted instead. */
const windowMs = 60_000;
/** Entries of one caller in that time, one for each thing that they tried; what passes it is counted together. */
const most = { known: 300, stranger: 10 };
/** The same, of all callers without an account together, and of all callers. */
const mostOfAll = { strangers: 300, all: 5_000 };
const mostNamed = 20;

type Fold = { ctx: ServiceContext; fact: AuditFact; again: number; actions: Set<string>; targets: Set<string> };
/** What was refused since the window began; a process counts for itself. */
type Window = { until: number; folds: Map<string, Fold>; spent: Map<string, number> };
const freshWindow = (): Window => ({ until: performance.now() + windowMs, folds: new Map(), spent: new Map() });

// On globalThis: pages and our own door are bundled apart, and count into one.
const global = globalThis as { quarterdeckDenials?: { window: Window | null } };
global.quarterdeckDenials ??= { window: null };
const state = global.quarterdeckDenials;

/** Whose calls are counted together: a person's own and those of their keys and agents apart, and nobody's with somebody else's. */
export function callerKey({ actor, origin }: Pick<ServiceContext, "actor" | "origin">): string {
	if (actor.kind === "apiKey") return `apiKey ${actor.keyId}`;
	const person = actorUser(actor)?.userId;
	if (person) return `${actor.kind} ${person}`;
	return actorId(actor) ?? (origin.address ? addressBlock(origin.address) : "unknown");
}

/**
 * Writes a refusal into the audit: the first of its kind at once; the same again is counted, and told in one entry at the end
 * of the minute. So an attack is seen with all that it aimed at, and can't fill the log.
 */
export async function auditDenial(ctx: ServiceContext, fact: Omit<AuditFact, "outcome">): Promise<void> {
	const denial: AuditFact = { ...fact, outcome: "denied" };
	const window = currentWindow();
	const key = placeOf(window, ctx, denial);
	const known = window.folds.get(key);
	if (known) {
		known.again += 1;
		note(known, denial);
		return;
	}
	const fold: Fold = { ctx, fact: denial, again: 0, actions: new Set(), targets: new Set() };
	note(fold, denial);
	window.folds.set(key, fold);
	try {
		await audit(ctx, ctx.db.orm, denial);
	} catch (error) {
		window.folds.delete(key);
		throw error;
	}
}

/** The same for a refusal that stands also while nothing can be written: where its caller learns nothing else from an outage. */
export async function tryAuditDenial(ctx: ServiceContext, fact: Omit<AuditFact, "outcome">): Promise<void> {
	await auditDenial(ctx, fact).catch((error: unknown) => {
		log.error({ requestId: ctx.requestId, err: error }, "a refusal could not be written down");
	});
}

/** Counts a call by `charge`; that it was too many is written down. */
export async function charged<T>(
	ctx: ServiceContext,
	charge: () => Promise<T>,
	fact: () => Promise<Omit<AuditFact, "outcome" | "reason">>,
): Promise<T> {
	try {
		return await charge();
	} catch (error) {
		if (!(error instanceof AppError) || error.code !== "LIMIT_REACHED") throw error;
		const told = await fact().catch(() => null);
		if (told) await tryAuditDenial(ctx, { ...told, reason: "Too many tries", detail: { problem: error.code } });
		throw error;
	}
}

function currentWindow(): Window {
	if (state.window && state.window.until > performance.now()) return state.window;
	void writeCounts();
	const made = freshWindow();
	state.window = made;
	// Nobody may come again to end it.
	setTimeout(() => {
		if (state.window === made) void writeCounts();
	}, windowMs).unref();
	return made;
}

/** Where it is counted: for itself while its caller has room, else with all else of theirs. */
function placeOf({ folds, spent }: Window, ctx: ServiceContext, fact: AuditFact): string {
	const who = callerKey(ctx);
	const own = JSON.stringify([who, fact.action, fact.resourceId, fact.reason]);
	if (folds.has(own)) return own;
	const spend = (name: string, limit: number) => {
		const n = spent.get(name) ?? 0;
		if (n < limit) spent.set(name, n + 1);
		return n < limit;
	};
	const isKnown = ctx.actor.kind !== "anonymous";
	if (folds.size >= mostOfAll.all || !(isKnown || spend("strangers", mostOfAll.strangers))) return "others";
	return spend(`of ${who}`, isKnown ? most.known : most.stranger) ? own : `others of ${who}`;
}

function note({ actions, targets }: Fold, { action, resourceId }: AuditFact): void {
	if (actions.size < mostNamed) actions.add(action);
	if (resourceId && targets.size < mostNamed) targets.add(resourceId);
}

/** Ends the window, and writes how often each refusal came again. Call before the process ends. */
export async function writeCounts(): Promise<void> {
	const ended = state.window;
	state.window = null;
	for (const fold of ended?.folds.values() ?? []) {
		if (fold.again === 0) continue;
		try {
			await audit(fold.ctx, fold.ctx.db.orm, summaryOf(fold));
		} catch (error) {
			log.error({ err: error, times: fold.again }, "refusals were counted and could not be written down");
		}
	}
}

function summaryOf({ fact, again, actions, targets }: Fold): AuditFact {
	const isOne = actions.size === 1 && targets.size <= 1;
	const times = again === 1 ? "once" : `${again} times`;
	return {
		...fact,
		...(isOne ? {} : { resourceId: null }),
		reason: `The same again within a minute, ${times}${isOne ? "" : ", on various"}: ${fact.reason ?? ""}`,
		detail: { ...fact.detail, times: again, ...(isOne ? {} : { actions: [...actions], targets: [...targets] }) },
	};
}
