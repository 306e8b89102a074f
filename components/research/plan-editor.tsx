"use client";

import { IconArrowUp, IconPlayerPlay, IconPlayerStop, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import { longestPart, mostParts } from "@/server/research/contract";
import type { ResearchStory } from "./fold-research";
import { forgetPlanDraft, keepPlanDraft, readPlanDraft } from "./plan-draft";
import styles from "./research.module.css";

type Line = { id: number; text: string };
const linesOf = (texts: readonly string[]): Line[] => texts.map((text, id) => ({ id, text }));

/** The plan while it waits: change its questions, let it go on, or cancel the run. */
export function PlanEditor({ runId, plan }: { runId: string; plan: NonNullable<ResearchStory["plan"]> }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayRun = useMay("runs:write");
	const titleId = useId();
	const [lines, setLines] = useState(() => linesOf(readPlanDraft(runId, plan.parts) ?? plan.parts));
	const isChanged = JSON.stringify(lines.map(({ text }) => text)) !== JSON.stringify(plan.parts);
	useEffect(() => {
		keepPlanDraft(runId, { proposed: plan.parts, parts: lines.map(({ text }) => text) });
	}, [runId, plan.parts, lines]);
	const forget = () => forgetPlanDraft(runId);
	const refresh = () =>
		Promise.all([
			cache.invalidateQueries(api.research.get.queryFilter({ runId })),
			cache.invalidateQueries(api.runs.pathFilter()),
			cache.invalidateQueries(api.threads.get.pathFilter()),
		]);
	const accept = useMutation(api.research.acceptPlan.mutationOptions({ onSuccess: forget, onSettled: refresh }));
	const stop = useMutation(
		api.runs.stop.mutationOptions({
			onSuccess: forget,
			onSettled: refresh,
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const parts = lines.map(({ text }) => text.trim()).filter((text) => text !== "");
	const change = (id: number, text: string) => setLines(lines.map((line) => (line.id === id ? { id, text } : line)));
	const add = () => setLines([...lines, { id: Math.max(-1, ...lines.map(({ id }) => id)) + 1, text: "" }]);
	const moveUp = (at: number) => setLines(lines.toSpliced(at - 1, 2, ...lines.slice(at - 1, at + 1).reverse()));
	return (
		<form
			className={styles.plan}
			aria-labelledby={titleId}
			onSubmit={(event) => {
				event.preventDefault();
				if (parts.length > 0) accept.mutate({ runId, parts });
			}}
		>
			<h3 id={titleId}>The plan waits for you</h3>
			<p className={styles.says}>
				These questions are looked into at the same time. Nothing is searched for until you go on
				{plan.expiresAt ? (
					<>
						; the plan is given up <When at={new Date(plan.expiresAt)} />
					</>
				) : null}
				. {isChanged ? "What you change is kept in this tab until then." : ""}
			</p>
			<ol className={styles.lines}>
				{lines.map(({ id, text }, at) => (
					<li key={id}>
						<textarea
							rows={1}
							aria-label={`Question ${at + 1}`}
							maxLength={longestPart}
							value={text}
							readOnly={!mayRun}
							onChange={(event) => change(id, event.target.value.replace(/\n/g, " "))}
						/>
						<button
							type="button"
							aria-label={`Move question ${at + 1} up`}
							disabled={at === 0}
							onClick={() => moveUp(at)}
						>
							<IconArrowUp size={16} stroke={1.5} aria-hidden="true" />
						</button>
						<button
							type="button"
							aria-label={`Remove question ${at + 1}`}
							disabled={lines.length === 1}
							onClick={() => setLines(lines.filter((line) => line.id !== id))}
						>
							<IconTrash size={16} stroke={1.5} aria-hidden="true" />
						</button>
					</li>
				))}
			</ol>
			{accept.error ? <ErrorView failure={toFailure(accept.error)} /> : null}
			{mayRun ? (
				<div className={styles.buttons}>
					<Button
						type="submit"
						look="primary"
						icon={IconPlayerPlay}
						disabled={parts.length === 0}
						isBusy={accept.isPending || accept.isSuccess}
					>
						Go on
					</Button>
					<Button icon={IconPlus} disabled={lines.length >= mostParts} onClick={add}>
						Add a question
					</Button>
					{isChanged ? (
						<Button look="quiet" onClick={() => setLines(linesOf(plan.parts))}>
							As it was proposed
						</Button>
					) : null}
					<Button look="quiet" icon={IconPlayerStop} isBusy={stop.isPending} onClick={() => stop.mutate({ runId })}>
						Cancel the research
					</Button>
				</div>
			) : null}
		</form>
	);
}
