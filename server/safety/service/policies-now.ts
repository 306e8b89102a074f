import { sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { type Detector, type Mode, type Modes, type Place, Settings } from "../contract";
import { type Detect, detectorOf } from "../detectors";

/** A policy as it holds now, with what looks for it. */
export type LivePolicy = {
	id: string;
	name: string;
	version: number;
	detector: Detector;
	modes: Modes;
	settings: Settings;
	agentIds: string[] | null;
	keepsWords: boolean;
	/** Throws where it can't look: then what it would block or redact goes no further. */
	detect: Detect;
};

export const safetyChannel = "safety";
export const tellSafety = (tx: Reader) => tx.execute(sql`select pg_notify(${safetyChannel}, '')`);

type Row = Omit<LivePolicy, "detect" | "settings"> & { settings: unknown };
type Known = { policies: LivePolicy[]; at: number };
type Follower = {
	known: Known | null;
	pending: Promise<LivePolicy[]> | null;
	isListening: boolean;
	/** Goes up when what was known is forgotten: what was being read then is not what holds. */
	times: number;
};
const followers = new WeakMap<Database, Follower>();

/** Until then they are taken as they are where changes are heard of; where not, they are read as often as that. */
const freshMs = 5_000;
const longestMs = 30_000;
const unheardMs = 1_000;

/**
 * Every policy that looks anywhere. They stand in memory, and a change is heard of within a moment, so that asking costs nothing.
 * Throws where they can't be known: then nothing goes on.
 */
export async function policiesNow(db: Database): Promise<readonly LivePolicy[]> {
	const follower = followerOf(db);
	const { known } = follower;
	if (!known) return follower.pending ?? refresh(db, follower);
	const age = performance.now() - known.at;
	if (age > (follower.isListening ? longestMs : unheardMs)) return follower.pending ?? refresh(db, follower);
	if (age > freshMs && !follower.pending) refresh(db, follower).catch(() => {});
	return known.policies;
}

/** What was changed by this process counts for its next call. */
export function forgetPolicies(db: Database): void {
	const follower = followers.get(db);
	if (follower) Object.assign(follower, { known: null, pending: null, times: follower.times + 1 });
}

function followerOf(db: Database): Follower {
	const there = followers.get(db);
	if (there) return there;
	const follower: Follower = { known: null, pending: null, isListening: false, times: 0 };
	followers.set(db, follower);
	const renew = () => void refresh(db, follower).catch(() => {});
	db.listen(safetyChannel, renew, () => {
		follower.isListening = true;
		renew();
	}).catch(() => {
		follower.isListening = false;
	});
	return follower;
}

function refresh(db: Database, follower: Follower): Promise<LivePolicy[]> {
	const at = performance.now();
	const { times } = follower;
	const reading = readPolicies(db.orm).then((policies) => {
		// What was read later stays.
		if (follower.times === times && (!follower.known || follower.known.at <= at)) follower.known = { policies, at };
		return policies;
	});
	follower.pending = reading;
	reading
		.finally(() => {
			if (follower.pending === reading) follower.pending = null;
		})
		// Whoever waits for it hears of it.
		.catch(() => {});
	return reading;
}

async function readPolicies(db: Reader): Promise<LivePolicy[]> {
	const rows = await db.execute<Row & Record<string, unknown>>(sql`
		select p.id, p.name, p.version, p.detector, v.modes, v.settings, v.agent_ids as "agentIds", v.keeps_words as "keepsWords"
		from safety_policies p join safety_policy_versions v on v.policy_id = p.id and v.version = p.version
		order by p.created_at, p.id`);
	return [...rows].filter(({ modes }) => Object.values(modes).some((mode) => mode !== "off")).map(compiled);
}

const known = new Map<string, LivePolicy>();
function compiled(row: Row): LivePolicy {
	const key = `${row.id}:${row.version}`;
	const there = known.get(key);
	if (there && there.name === row.name) return there;
	const policy = withDetector(row);
	if (known.size > 500) known.clear();
	known.set(key, policy);
	return policy;
}

function withDetector(row: Row): LivePolicy {
	const { id, name, version, detector, modes, agentIds, keepsWords } = row;
	const facts = { id, name, version, detector, modes, agentIds, keepsWords };
	try {
		const settings = Settings.parse(row.settings);
		return { ...facts, settings, detect: detectorOf(detector, settings) };
	} catch (cause) {
		const settings = Settings.parse({});
		const detect = () => {
			throw new Error("the policy can't be read", { cause });
		};
		return { ...facts, settings, detect };
	}
}

/** Those that look at this place in runs of this agent, with what comes of a find. */
export const policiesAt = (
	policies: readonly LivePolicy[],
	place: Place,
	agentId: string | null,
): { policy: LivePolicy; mode: Exclude<Mode, "off"> }[] =>
	policies.flatMap((policy) => {
		const mode = policy.modes[place];
		const isMeant = policy.agentIds === null || (agentId !== null && policy.agentIds.includes(agentId));
		return mode === "off" || !isMeant ? [] : [{ policy, mode }];
	});
