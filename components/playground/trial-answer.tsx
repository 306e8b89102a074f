import { IconAlertTriangle, IconCheck, IconLoader2, IconPlayerStop } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import { ErrorView } from "@/components/ui/error-view";
import { duration, figure } from "@/components/ui/figures";
import { money } from "../models/money";
import styles from "./playground.module.css";
import type { Answer, Ended } from "./use-trials";

/** What the model said, and what it took. */
export function TrialAnswer({ title, answer }: { title: string; answer: Answer }) {
	const { text, ended, failure, isRunning, model } = answer;
	return (
		<section className={styles.answer} aria-label={`Answer of ${title}`} aria-busy={isRunning}>
			<div className={styles.answerHead}>
				<State answer={answer} />
				{model ? <span>{model}</span> : null}
			</div>
			{text === "" ? null : <p className={styles.said}>{text}</p>}
			{failure ? <ErrorView failure={failure} /> : null}
			{ended?.reason ? <p className={styles.fault}>{ended.reason}</p> : null}
			{ended ? <Took ended={ended} /> : null}
		</section>
	);
}

function State({ answer: { isRunning, ended, failure } }: { answer: Answer }) {
	if (isRunning)
		return (
			<Badge tone="accent" icon={IconLoader2} isMoving>
				Answers
			</Badge>
		);
	if (failure || ended?.state === "failed")
		return (
			<Badge tone="red" icon={IconAlertTriangle}>
				Failed
			</Badge>
		);
	if (ended?.state === "done")
		return (
			<Badge tone="accent" icon={IconCheck}>
				Done
			</Badge>
		);
	return <Badge icon={IconPlayerStop}>Stopped</Badge>;
}

function Took({ ended }: { ended: Ended }) {
	const { inputTokens, outputTokens, costs, firstMs, totalMs, by } = ended;
	const facts: [string, string][] = [
		...(by === null ? [] : [["Answered by", by] satisfies [string, string]]),
		["Tokens", `${figure(inputTokens)} in, ${figure(outputTokens)} out`],
		["Cost", costs.map(({ micros, currency }) => money(micros, currency)).join(" + ") || "no prices are set"],
		["First word", firstMs === null ? "–" : duration(firstMs)],
		["All of it", duration(totalMs)],
	];
	return (
		<dl className={styles.took}>
			{facts.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}
