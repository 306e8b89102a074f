"use client";

import { IconEyeOff, IconGitFork, IconHistory } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Exactly } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Checkpoint, CheckpointState } from "@/server/checkpoints/contract";
import styles from "./time-travel.module.css";

const nameOf = ({ after }: Checkpoint): string => (after ? `After “${after}”` : "At the beginning");

/** The checkpoints of a run, and the state of one of them, from which another run can go on. */
export function TimeTravel({ runId }: { runId: string }) {
	const api = useApi();
	const url = useUrl();
	const run = useQuery(api.runs.get.queryOptions({ runId }));
	const list = useQuery(api.checkpoints.ofRun.queryOptions({ runId }));
	const rows = list.data?.checkpoints ?? [];
	const firstId =
		rows.findLast(({ editable, mayGoOn }) => mayGoOn && editable.length > 0)?.id ??
		rows.findLast(({ mayGoOn }) => mayGoOn)?.id ??
		rows.at(-1)?.id;
	const openId = url.get("at") ?? firstId ?? null;
	const error = run.error ?? list.error;
	return (
		<ReadPage>
			<PageHeader
				title="Checkpoints"
				count={rows.length > 0 ? counted(rows.length, "checkpoint") : undefined}
				actions={run.data ? <ButtonLink href={`/chat/${run.data.threadId}`}>Back to the chat</ButtonLink> : undefined}
			>
				{run.data ? `How “${run.data.question.slice(0, 120)}” came to its answer. ` : ""}
				Open a moment of it, change what it went on with, and see what comes of it: the first answer stays.
			</PageHeader>
			{error && !list.data ? <ErrorView failure={toFailure(error)} retry={() => void list.refetch()} /> : null}
			{list.data && rows.length === 0 ? (
				<Empty icon={IconHistory} title="No checkpoints" action={<ButtonLink href="/runs">All runs</ButtonLink>}>
					This run ended before its first step, or has not begun yet.
				</Empty>
			) : null}
			{rows.length > 0 ? (
				<div className={styles.frame}>
					<ol className={styles.list} aria-label="Checkpoints">
						{rows.map((row) => (
							<li key={row.id}>
								<button
									type="button"
									aria-current={row.id === openId ? "step" : undefined}
									onClick={() => url.set({ at: row.id })}
								>
									<strong>{nameOf(row)}</strong>
									<small>
										{row.before.length > 0 ? `then: ${row.before.join(", ")}` : "the end"}
										{row.editable.length > 0 ? ` · ${row.editable.join(" and ")} can be changed` : ""}
									</small>
								</button>
							</li>
						))}
					</ol>
					{openId ? <OneState key={openId} runId={runId} checkpointId={openId} /> : null}
				</div>
			) : null}
		</ReadPage>
	);
}

function OneState({ runId, checkpointId }: { runId: string; checkpointId: string }) {
	const api = useApi();
	const query = useQuery(api.checkpoints.get.queryOptions({ runId, checkpointId }));
	if (query.error && !query.data)
		return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	return query.data ? <ForkForm runId={runId} state={query.data} /> : null;
}

function ForkForm({ runId, state }: { runId: string; state: CheckpointState }) {
	const api = useApi();
	const router = useRouter();
	const [question, setQuestion] = useState(state.question);
	const [chosen, setChosen] = useState(() =>
		state.passages.filter(({ isChosen }) => isChosen).map(({ place }) => place),
	);
	const fork = useMutation(
		api.checkpoints.fork.mutationOptions({
			onSuccess: ({ threadId, branchId }) => router.push(`/chat/${threadId}?branch=${branchId}`),
		}),
	);
	const may = { question: state.editable.includes("question"), passages: state.editable.includes("passages") };
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		fork.mutate({
			...{ runId, checkpointId: state.id },
			...(may.question && question !== state.question ? { question } : {}),
			...(may.passages ? { passages: chosen.toSorted((a, b) => a - b) } : {}),
		});
	};
	const toggle = (place: number) =>
		setChosen(chosen.includes(place) ? chosen.filter((one) => one !== place) : [...chosen, place]);
	return (
		<form className={styles.state} onSubmit={submit} aria-label="State at this checkpoint">
			<p className={styles.when}>
				<Exactly at={state.at} />
				{state.turns > 0 ? ` · knows ${counted(state.turns, "earlier question")}` : ""}
			</p>
			<label className={styles.field}>
				Question
				<textarea
					rows={3}
					value={question}
					readOnly={!may.question}
					maxLength={20_000}
					onChange={(event) => setQuestion(event.target.value)}
				/>
			</label>
			{state.plan ? (
				<section>
					<h2>Its plan</h2>
					<ol className={styles.plan}>
						{state.plan.map((part) => (
							<li key={part}>{part}</li>
						))}
					</ol>
					{state.mayGoOn ? <p>The new run waits with it in the chat: change it there before it goes on.</p> : null}
				</section>
			) : null}
			<Passages state={state} chosen={chosen} onToggle={may.passages ? toggle : null} />
			{state.tools.length > 0 ? (
				<section>
					<h2>Tools</h2>
					<ul className={styles.tools}>
						{state.tools.map((tool, at) => (
							// biome-ignore lint/suspicious/noArrayIndexKey: what was called stays in its place
							<li key={at}>
								<code>
									{tool.name} {tool.arguments.slice(0, 400)}
								</code>
								<span>{tool.content?.slice(0, 600) ?? "Not answered yet."}</span>
							</li>
						))}
					</ul>
				</section>
			) : null}
			{state.draft ? (
				<section>
					<h2>Written by then</h2>
					<p className={styles.draft}>{state.draft}</p>
				</section>
			) : null}
			{fork.error ? <ErrorView failure={toFailure(fork.error)} /> : null}
			<div className={styles.foot}>
				{state.before.length === 0 ? (
					<p>The run had ended here. Open an earlier checkpoint to go on from it.</p>
				) : !state.mayGoOn ? (
					<p>Research goes on anew with its plan. Open the checkpoint before “Wait with the plan”.</p>
				) : (
					<Button
						type="submit"
						look="primary"
						icon={IconGitFork}
						isBusy={fork.isPending}
						disabled={question.trim() === "" || (may.passages && chosen.length === 0)}
					>
						Go on from here
					</Button>
				)}
			</div>
		</form>
	);
}

function Passages(props: { state: CheckpointState; chosen: number[]; onToggle: ((place: number) => void) | null }) {
	const { passages } = props.state;
	const { onToggle } = props;
	if (passages.length === 0) return null;
	return (
		<fieldset className={styles.passages}>
			<legend>{onToggle ? "What the answer rests on" : "What was found"}</legend>
			{passages.map((passage) => (
				<label key={passage.place} data-hidden={!passage.mayRead || undefined}>
					<input
						type="checkbox"
						checked={props.chosen.includes(passage.place)}
						disabled={!onToggle || !passage.mayRead}
						onChange={() => onToggle?.(passage.place)}
					/>
					<span>
						<strong>{passage.documentName}</strong>
						{passage.mayRead ? (
							<small>{passage.snippet}</small>
						) : (
							<small>
								<IconEyeOff size={13} stroke={1.5} aria-hidden="true" /> A run that goes on from here does without it.
							</small>
						)}
					</span>
				</label>
			))}
		</fieldset>
	);
}
