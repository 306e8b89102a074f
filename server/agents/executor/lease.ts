import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import type { AgentCaps, WhenAway } from "@/db/schema";
import type { AgentAnswering, AgentWindow, GraphName } from "@/server/agents/contract";
import { type StandingRow, standingColumns } from "@/server/auth/principal";
import { env } from "@/server/core/env";
import { mayAskAgent } from "@/server/core/grants";
import type { VariableValues } from "@/server/prompts/contract";
import type { BuiltIns } from "@/server/prompts/contract/filled";
import { type Composable, instructionsOf } from "@/server/prompts/service";
import type { Conversation } from "@/server/runs/contract";
import { leaseEnd } from "@/server/runs/event-batch";
import { runsChannel } from "@/server/runs/events";
import { restsOnOf } from "@/server/threads/service";
import { earlierAttempts } from "./earlier-attempts";

/** A run that this executor holds, with all that carrying it out needs. */
export type ClaimedRun = {
	id: string;
	threadId: string;
	question: string;
	collectionIds: string[] | null;
	/** What a caller that keeps its own conversation said with it. */
	conversation: Conversation | null;
	attempt: number;
	lastSeq: number;
	requestId: string;
	startedAt: Date;
	stopRequested: boolean;
	/** It goes on from a checkpoint of an earlier run. */
	isForked: boolean;
	/** An experiment waits for its end. */
	isExperiment: boolean;
	/** It waited for a person when its last executor let go of it. */
	isWaiting: boolean;
	/** How often it was taken up since a person last decided: waiting for them outlives any number of restarts. */
	tries: number;
	user: { id: string; name: string; role: string };
	/** What its person may do, as it was when the run was taken up, and when that was, by `performance.now()`. */
	leave: StandingRow & { mayAsk: boolean };
	claimedAt: number;
	/** What it was started with. */
	sessionId: string | null;
	key: { id: string; name: string } | null;
	/** Of the version that it was started with. Which tools it has is asked when they are offered; most have none, and then nothing is asked. */
	agent: {
		id: string;
		graph: GraphName;
		/** The name of a route, or of a model of the environment's; null: the default route. */
		model: string | null;
		whenAway: WhenAway;
		/** What its answers fit; null where they are prose. */
		answerSchema: Record<string, unknown> | null;
		collectionIds: string[] | null;
		instructions: string | null;
		/** The version of a prompt that they are from; null where the graph has its own. */
		promptVersionId: string | null;
		/** Why its instructions are not to be had: then it must not run without them. */
		problem?: string;
		hasTools: boolean;
		caps: AgentCaps;
		window: AgentWindow;
		answering: AgentAnswering;
		/** The version of it that the run was started with. */
		versionId: string;
	};
	/** The newest of the thread's earlier questions that were answered, oldest first; and whether there are more. */
	history: { runId: string; question: string; answer: string; documentIds: string[] }[];
	hasOlder: boolean;
	/** What an earlier attempt had said when it died. */
	partial: string;
};

/** No window takes more turns whole than these; the rest comes as a summary. */
const mostTurns = 40;
const mostHistoryChars = 200_000;

/** A prompt that has variables or parts, of the versions that the run was started with. */
type Told = {
	root: Composable;
	parts: Composable[];
	picked: Record<string, string> | null;
	values: VariableValues;
	known: Omit<BuiltIns, "organisation">;
};
const composable = (version: SQL) =>
	sql`json_build_object('id', ${version}.id, 'promptId', ${version}.prompt_id, 'name', '', 'version', ${version}.version,
		'body', ${version}.body, 'variables', ${version}.variables, 'includes', ${version}.includes)`;

/** It could be put together when the run was started. Where it can't be any more, this one run fails, and no other. */
function putTogether({
	root,
	parts,
	picked,
	values,
	known,
}: Told): Pick<ClaimedRun["agent"], "instructions" | "problem"> {
	try {
		const filled = { values, known: { ...known, organisation: env().QD_ORGANISATION } };
		return { instructions: instructionsOf(root, parts, picked, filled) };
	} catch {
		return { instructions: null, problem: "What this agent is told can't be put together any more." };
	}
}

/**
 * Takes up to `limit` runs that nobody holds, oldest first. No two executors get the same one. A claim need not outlive a
 * database that crashes: what is written later is fenced by it, and that does.
 */
export async function claimRuns(db: Database, owner: string, limit: number): Promise<ClaimedRun[]> {
	type Row = Omit<ClaimedRun, "history" | "hasOlder" | "claimedAt" | "leave" | "tries" | "partial"> & {
		leave: StandingRow;
		mayAsk: boolean | null;
		earlier: { count: number; turns: ClaimedRun["history"] };
		prompt: Told | null;
	};
	const rows = await db.orm.execute<{ run: Row; startedAt: string }>(sql`
		with next as (
			select id from runs
			where state in ('queued', 'running', 'waiting') and (lease_until is null or lease_until < now())
			order by created_at limit ${limit} for update skip locked
		), taken as (
			update runs r set state = case r.state when 'waiting' then 'waiting' else 'running' end, lease_owner = ${owner}, lease_until = ${leaseEnd}, attempt = r.attempt + 1,
				started_at = coalesce(r.started_at, now())
			from next where r.id = next.id returning r.*
		)
		select set_config('synchronous_commit', 'off', true), t.started_at as "startedAt", json_build_object(
			'id', t.id, 'threadId', t.thread_id, 'question', t.question, 'collectionIds', t.collection_ids, 'conversation', t.conversation,
			'attempt', t.attempt, 'lastSeq', t.last_seq, 'requestId', t.request_id,
			'stopRequested', t.stop_requested_at is not null, 'isWaiting', t.state = 'waiting', 'isForked', t.forked_from is not null, 'isExperiment', t.is_experiment,
			'user', json_build_object('id', users.id, 'name', users.name, 'role', users.role), 'sessionId', t.session_id,
			'leave', ${standingColumns}, 'mayAsk', (select ${mayAskAgent} from agents a, users u where a.id = t.agent_id and u.id = t.user_id),
			'key', case when t.key_id is not null then json_build_object('id', t.key_id,
				'name', coalesce((select name from api_keys where id = t.key_id), '')) end,
			'agent', json_build_object('id', a.agent_id, 'graph', a.graph, 'model', coalesce(t.model, a.model), 'whenAway', a.when_away, 'answerSchema', a.answer_schema,
				'collectionIds', a.collection_ids, 'instructions', v.body, 'promptVersionId', v.id, 'hasTools', a.tools <> '[]', 'caps', a.caps, 'window', a.window,
				'answering', a.answering, 'versionId', a.id),
			'prompt', case when v.variables <> '[]' or v.includes <> '[]' or position('{{' in v.body) > 0 then json_build_object(
				'root', ${composable(sql`v`)}, 'picked', t.prompt_parts, 'values', a.prompt_values,
				'known', json_build_object('personName', users.name, 'today', to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD')), 'parts', coalesce((
					select json_agg(${composable(sql`p`)}) from prompt_versions p
					where p.id in (select value::uuid from jsonb_each_text(coalesce(t.prompt_parts, '{}')))), '[]')) end,
			'earlier', (select json_build_object('count', count(*), 'turns', coalesce(json_agg(json_build_object(
					'runId', h.id, 'question', h.question, 'answer', coalesce(h.answer, ''), 'documentIds', ${restsOnOf("h")}) order by h.created_at, h.id)
					filter (where h.place <= ${mostTurns} and h.chars <= ${mostHistoryChars}), '[]')) from (
				select n.*, row_number() over newest as place, sum(length(n.question) + length(coalesce(n.answer, ''))) over newest as chars from (
					select id, question, answer, result, created_at from runs
					where thread_id = t.thread_id and created_at < t.created_at and state = 'succeeded'
						and (branch_id is not distinct from t.branch_id or exists (select from branch_segments s where s.branch_id = t.branch_id
							and s.of_branch_id is not distinct from runs.branch_id and runs.created_at < s.before))
					order by created_at desc, id desc limit ${mostTurns + 1}) n
				window newest as (order by n.created_at desc, n.id desc)) h)
		) as run
		from taken t join users on users.id = t.user_id join agent_versions a on a.id = t.agent_version_id
			left join sessions on sessions.id = t.session_id
			left join prompt_versions v on v.id = coalesce(t.prompt_version_id, a.prompt_version_id)`);
	const claimedAt = performance.now();
	const before = await earlierAttempts(
		db,
		rows.map(({ run }) => run),
	);
	return rows.map(({ run: { earlier, prompt, leave, mayAsk, ...run }, startedAt }) => ({
		...run,
		...(before.get(run.id) ?? { tries: run.attempt, partial: "" }),
		leave: { ...leave, mayAsk: mayAsk ?? false },
		claimedAt,
		agent: { ...run.agent, ...(prompt ? putTogether(prompt) : {}) },
		startedAt: new Date(startedAt),
		history: earlier.turns,
		hasOlder: earlier.count > earlier.turns.length,
	}));
}

export type Beat = { id: string; attempt: number; stopRequested: boolean; mayAsk: boolean };

/**
 * Holds on to these runs of ours; answers with those that are still ours, and what has come up about them. Runs that write
 * events renew themselves by it: those are left alone, as waiting for their writer would make it wait for us. A run that we
 * were given without hearing of it, as the answer was lost, is not among them: it goes to whoever claims it next.
 */
export async function renewLeases(db: Database, owner: string, runIds: readonly string[]): Promise<Beat[]> {
	const rows = await db.orm.execute<Beat>(sql`
		with held as materialized (
			select value::uuid as id from json_array_elements_text(${JSON.stringify(runIds)}::text::json)
		), quiet as materialized (
			select r.id from runs r join held using (id)
			where r.lease_owner = ${owner} and r.state in ('running', 'waiting') and r.lease_until < now() + interval '4 seconds'
			for update of r skip locked
		), renewed as (
			update runs r set lease_until = ${leaseEnd} from quiet where r.id = quiet.id
		)
		select r.id, r.attempt, r.stop_requested_at is not null as "stopRequested", ${mayAskAgent} as "mayAsk"
		from runs r join held using (id) join users u on u.id = r.user_id join agents a on a.id = r.agent_id
		where r.lease_owner = ${owner} and r.state in ('running', 'waiting')`);
	return [...rows];
}

/** Lets go of all our runs, so that whoever comes next need not wait. */
export async function releaseLeases(db: Database, owner: string): Promise<void> {
	await releaseOwners(db, [owner]);
}

/** Lets go of the runs of executors that died on this machine. */
export async function releaseDeadLeases(db: Database, owner: string): Promise<void> {
	const rows = await db.orm.execute<{ owner: string }>(sql`
		select distinct lease_owner as owner from runs
		where state in ('running', 'waiting') and lease_until >= now() and lease_owner <> ${owner}`);
	const dead = rows.map((row) => row.owner).filter(isDead);
	if (dead.length > 0) await releaseOwners(db, dead);
}

async function releaseOwners(db: Database, owners: string[]): Promise<void> {
	const released = await db.orm.execute(sql`
		update runs set lease_until = now()
		where state in ('running', 'waiting') and lease_owner in ${owners} returning id`);
	if (released.length > 0) await db.orm.execute(sql`select pg_notify(${runsChannel}, '')`);
}

/** Executors of this process: two of them are no successors of each other. */
const ours = new Set<string>();

/** Names an executor so that its neighbours on the machine can tell whether it still lives. */
export function newOwner(): string {
	const owner = `${machine}/${process.pid}/${randomBytes(6).toString("hex")}`;
	ours.add(owner);
	return owner;
}

function isDead(owner: string): boolean {
	const [at, pid] = owner.split("/");
	if (at !== machine || ours.has(owner)) return false;
	// A restarted container gives the same process id again.
	return Number(pid) === process.pid || !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// It runs, but as somebody else.
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
}

/** Process ids mean something within one machine, and there within one namespace. */
const machine = `${hostname().replaceAll("/", "_")}${processNamespace()}`;

function processNamespace(): string {
	try {
		return `:${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}`;
	} catch {
		return "";
	}
}
