"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import type { RunWindow, WindowPart } from "@/server/agents/contract";
import styles from "./window-facts.module.css";

const words = {
	system: "Rules, instructions and tools",
	memory: "Summary of the oldest turns",
	history: "Earlier turns, word for word",
	passages: "Passages",
	question: "Question and what tools answered",
	answer: "Answer",
} as const satisfies Record<WindowPart, string>;

/** What filled the model's window for an answer: each part of its budget, and what became of the earlier turns. */
export default function WindowFacts({ threadId, of }: { threadId: string; of: RunWindow }) {
	const { parts, tokens } = of;
	return (
		<div className={styles.window}>
			<div className={styles.bar} aria-hidden="true">
				{parts.map((one) => (
					<span key={one.part} data-part={one.part} style={{ flexGrow: one.tokens }} />
				))}
				<span style={{ flexGrow: Math.max(0, tokens - parts.reduce((sum, one) => sum + one.tokens, 0)) }} />
			</div>
			<table>
				<caption>What filled the model’s window of {counted(tokens, "token")}</caption>
				<thead>
					<tr>
						<th scope="col">Part</th>
						<th scope="col">Tokens</th>
						<th scope="col">At most</th>
					</tr>
				</thead>
				<tbody>
					{parts.map((one) => (
						<tr key={one.part}>
							<th scope="row">
								<span className={styles.mark} data-part={one.part} aria-hidden="true" />
								{words[one.part]}
							</th>
							<td>{figure(one.tokens)}</td>
							<td>{figure(one.budget)}</td>
						</tr>
					))}
				</tbody>
			</table>
			<ul>
				{turnWords(of).map((line) => (
					<li key={line}>{line}</li>
				))}
			</ul>
			{of.summaryId ? <Summary threadId={threadId} summaryId={of.summaryId} /> : null}
		</div>
	);
}

function turnWords({ turns, passagesLeftOut, roundsLeftOut, note }: RunWindow): string[] {
	const { whole, summarised, leftOut, withheld } = turns;
	const lines = [
		whole + summarised + leftOut + withheld === 0
			? "There were no earlier turns."
			: `${counted(whole, "earlier turn")} went in whole, ${counted(summarised, "is", "are")} summarised, ${counted(leftOut, "was", "were")} left out.`,
	];
	if (withheld > 0)
		lines.push(
			`${counted(withheld, "turn was", "turns were")} left out, resting on documents that may not be read any more.`,
		);
	if (passagesLeftOut > 0) lines.push(`${counted(passagesLeftOut, "passage")} did not fit.`);
	if (roundsLeftOut > 0) lines.push(`${counted(roundsLeftOut, "round")} of tool calls did not fit, the oldest.`);
	if (note) lines.push(note);
	return lines;
}

function Summary({ threadId, summaryId }: { threadId: string; summaryId: string }) {
	const api = useApi();
	const [isOpen, setOpen] = useState(false);
	const query = useQuery({
		...api.threads.summary.queryOptions({ threadId, summaryId }),
		enabled: isOpen,
		retry: false,
	});
	return (
		<>
			<Button size="small" look="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
				{isOpen ? "Hide the summary" : "Read the summary"}
			</Button>
			{isOpen && query.error ? <Gone error={query.error} retry={() => void query.refetch()} /> : null}
			{isOpen && query.data ? (
				<blockquote>
					{query.data.text ?? "It rests on a document that you may not read, so its words are not shown to you."}
					<footer>
						Of the first {counted(query.data.turns, "turn")}, by {query.data.model}
					</footer>
				</blockquote>
			) : null}
		</>
	);
}

function Gone({ error, retry }: { error: unknown; retry: () => void }) {
	const failure = toFailure(error);
	if (failure.code !== "NOT_FOUND") return <ErrorView failure={failure} retry={retry} />;
	return (
		<p>It is not kept any more: it rested on a document that may not be read by now, and was made anew without it.</p>
	);
}
