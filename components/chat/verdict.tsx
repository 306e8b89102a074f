"use client";

import {
	type Icon,
	IconArrowsSplit2,
	IconCircleHalf2,
	IconGauge,
	IconHistory,
	IconLayoutList,
	IconRefresh,
	IconShieldCheck,
	IconTextRecognition,
	IconZoomQuestion,
} from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { MetLimit } from "@/components/budgets/met-limit";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { counted, percent } from "@/components/ui/figures";
import { Exactly } from "@/components/ui/time";
import type { RunWindow } from "@/server/agents/contract";
import { awayBecause, isByChoice } from "@/server/models/contract/reasons";
import type { Citation, Confidence, Run, RunResult } from "@/server/runs/contract";
import { pageOf } from "./citation";
import { sourceHref, useOpenSource } from "./open-source";
import { SafetyNotes } from "./safety-notes";
import styles from "./turn.module.css";

const levels = {
	high: { word: "High confidence", tone: "accent", icon: IconShieldCheck },
	medium: { word: "Medium confidence", tone: "neutral", icon: IconGauge },
	low: { word: "Low confidence", tone: "amber", icon: IconCircleHalf2 },
	none: { word: "No confidence", tone: "amber", icon: IconCircleHalf2 },
} as const satisfies Record<Confidence["level"], { word: string; tone: Tone; icon: Icon }>;

const silent = { word: "The documents don't say", tone: "neutral", icon: IconZoomQuestion } as const;

/** What to say of how far the answer can be trusted; nothing of one that did not come to its end. */
function judge(run: Run, result: RunResult | null) {
	if (!result || run.state === "failed" || run.state === "cancelled") return null;
	return result.abstained ? silent : levels[result.confidence.level];
}

type Hop = NonNullable<RunResult["hops"]>[number];
type Shown = "confidence" | "degraded" | "window" | null;

/** Few look at it. */
const WindowFacts = dynamic(() => import("./window-facts"));

const filled = ({ tokens, parts }: RunWindow): number =>
	tokens === 0 ? 0 : parts.reduce((sum, part) => sum + part.tokens, 0) / tokens;

/** How far the answer can be trusted and why, its sources, and what to do with it. */
export function Verdict(props: {
	run: Run;
	text: string;
	result: RunResult | null;
	onAskAgain?: (() => void) | undefined;
	/** What was said of the answer, and the way to say it; left out where nothing can be said here. */
	tools?: ReactNode;
	children?: ReactNode;
}) {
	const { run, result, text } = props;
	const [shown, setShown] = useState<Shown>(null);
	const toggle = (what: Exclude<Shown, null>) => setShown(shown === what ? null : what);
	const level = judge(run, result);
	const fallback = result && fallbackOf(result);
	const tokens = result ? result.usage.inputTokens + result.usage.outputTokens : 0;
	return (
		<>
			{result && result.citations.length > 0 ? <Sources citations={result.citations} /> : null}
			<div className={styles.verdict}>
				{level ? (
					<button
						type="button"
						className={styles.disclose}
						aria-expanded={shown === "confidence"}
						onClick={() => toggle("confidence")}
					>
						<Badge tone={level.tone} icon={level.icon}>
							{level.word}
						</Badge>
					</button>
				) : null}
				{result?.degraded ? (
					<button
						type="button"
						className={styles.disclose}
						aria-expanded={shown === "degraded"}
						onClick={() => toggle("degraded")}
					>
						<Badge tone="amber" icon={IconTextRecognition}>
							Degraded
						</Badge>
					</button>
				) : null}
				{result?.window ? (
					<button
						type="button"
						className={styles.disclose}
						aria-expanded={shown === "window"}
						onClick={() => toggle("window")}
					>
						<Badge icon={IconLayoutList}>Window {percent(filled(result.window))}</Badge>
					</button>
				) : null}
				{result?.cached ? <Badge icon={IconHistory}>From the cache</Badge> : null}
				{fallback ? (
					<Badge tone="amber" icon={IconArrowsSplit2}>
						Fallback
					</Badge>
				) : null}
				{result && result.model !== "none" ? (
					<span className={styles.facts}>
						{result.model}
						{tokens > 0 ? ` · ${counted(tokens, "token")}` : ""}
					</span>
				) : null}
				<span className={styles.tools}>
					{props.onAskAgain && run.state !== "succeeded" ? (
						<Button size="small" look="quiet" icon={IconRefresh} onClick={props.onAskAgain}>
							Ask again
						</Button>
					) : null}
					{props.tools}
					{text ? <CopyText text={text} label="Copy the answer" /> : null}
				</span>
			</div>
			{fallback ? <p className={styles.reasons}>{fallback}</p> : null}
			{result?.cached ? (
				<p className={styles.reasons}>
					Answered before, <Exactly at={new Date(result.cached.answeredAt)} />
					{result.cached.isSimilar ? ", to the same question in other words" : ""}; asked of no model again.
				</p>
			) : null}
			{result?.safety ? <SafetyNotes verdicts={result.safety} /> : null}
			{result?.searchedFor ? <p className={styles.reasons}>Searched for: {result.searchedFor}</p> : null}
			{result && shown === "confidence" ? <Reasons result={result} /> : null}
			<MetLimit text={result?.degraded ?? run.reason} />
			{result?.degraded && shown === "degraded" ? <p className={styles.reasons}>{result.degraded}</p> : null}
			{result?.window && shown === "window" ? <WindowFacts threadId={run.threadId} of={result.window} /> : null}
			{props.children}
		</>
	);
}

/** Who was away where another model answered; null where the first one did. */
function fallbackOf({ hops = [], model }: RunResult): string | null {
	const answered = hops.findLastIndex((hop) => hop.outcome === "answered" && hop.model === model);
	const isAway = ({ outcome, reason }: Hop) => outcome === "failed" || (outcome === "skipped" && !isByChoice(reason));
	const isOther = (hop: Hop) => hop.model !== model;
	// Only those right before it: another question of the same run is another matter.
	const before = hops.slice(0, Math.max(0, answered));
	const passed = before
		.slice(before.findLastIndex((hop) => hop.outcome === "answered") + 1)
		.filter(isAway)
		.filter(isOther);
	if (passed.length === 0) return null;
	const away = [...new Set(passed.map((hop) => `${hop.model} was away (${awayBecause(hop)})`))];
	return `Answered by ${model}; ${away.join(", ")}`;
}

function Reasons({ result }: { result: RunResult }) {
	const { confidence, unsupported } = result;
	return (
		<div className={styles.reasons}>
			<ul>
				{confidence.reasons.map((reason) => (
					<li key={reason}>{reason}</li>
				))}
				{unsupported.length > 0 ? (
					<li>
						{counted(unsupported.length, "sentence is", "sentences are")} underlined: no cited passage supports them.
					</li>
				) : null}
				{result.abstained ? null : <li>Score: {percent(confidence.score)}</li>}
			</ul>
		</div>
	);
}

function Sources({ citations }: { citations: Citation[] }) {
	const open = useOpenSource();
	return (
		<section className={styles.sources} aria-label="Sources">
			<h3>{counted(citations.length, "source")}</h3>
			<ol>
				{citations.map((citation) => (
					<li key={citation.marker}>
						<a href={sourceHref(citation)} onClick={(event) => open(event, citation)}>
							<span className={styles.number}>{citation.marker}</span>
							<span className={styles.sourceName}>{citation.documentName}</span>
							<span className={styles.sourcePlace}>{pageOf(citation)}</span>
							<span className={styles.sourceText}>{citation.snippet}</span>
						</a>
					</li>
				))}
			</ol>
		</section>
	);
}
