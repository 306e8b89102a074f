"use client";

import { IconArrowsDiff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Answer } from "@/components/chat/answer";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { duration, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Fact, Facts } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { RunSide } from "@/server/checkpoints/contract";
import { RunState } from "./run-state";
import styles from "./time-travel.module.css";

const isId = (text: string | null): text is string => text !== null && /^[0-9a-f-]{36}$/.test(text);

/** Two runs side by side: what they answered, from what, in which steps, and what it took. */
export function CompareRuns() {
	const api = useApi();
	const url = useUrl();
	const [a, b] = [url.get("a"), url.get("b")];
	const isAsked = isId(a) && isId(b);
	const query = useQuery({
		...api.checkpoints.compare.queryOptions({ runId: a ?? "", otherRunId: b ?? "" }),
		enabled: isAsked,
		refetchInterval: ({ state }) => (state.data?.sides.some(({ tookMs }) => tookMs === null) ? 3_000 : false),
	});
	const [left, right] = query.data?.sides ?? [];
	return (
		<ScanPage>
			<PageHeader title="Compare runs">What only one of them did is marked at its side.</PageHeader>
			{isAsked ? null : (
				<Empty icon={IconArrowsDiff} title="Two runs are needed" action={<ButtonLink href="/runs">Runs</ButtonLink>}>
					Go on from a checkpoint of a run; its branch in the chat leads here.
				</Empty>
			)}
			{query.error && !query.data ? (
				<ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />
			) : null}
			{left && right ? (
				<div className={styles.sides}>
					<Side side={left} other={right} label="First run" />
					<Side side={right} other={left} label="Second run" />
				</div>
			) : null}
		</ScanPage>
	);
}

const none: [] = [];

function Side({ side, other, label }: { side: RunSide; other: RunSide; label: string }) {
	const { run, steps, passages } = side;
	const usage = run.result?.usage;
	const theirs = new Set(other.passages.map(({ chunkId }) => chunkId));
	const theirSteps = new Set(other.steps.map(({ name }) => name));
	return (
		<article aria-label={label}>
			<h2>{run.question}</h2>
			<Facts>
				<Fact name="State">
					<RunState state={run.state} />
				</Fact>
				<Fact name="Model">{run.result?.model}</Fact>
				<Fact name="Confidence">{run.result?.confidence.level}</Fact>
				<Fact name="Tokens">{usage ? `${figure(usage.inputTokens)} in, ${figure(usage.outputTokens)} out` : null}</Fact>
				<Fact name="Cost">{side.cost > 0 ? side.cost.toFixed(4) : null}</Fact>
				<Fact name="Took">{side.tookMs === null ? null : duration(side.tookMs)}</Fact>
				<Fact name="Asked">
					<Exactly at={run.createdAt} />
				</Fact>
			</Facts>
			<section>
				<h3>Answer</h3>
				{run.answer ? (
					<Answer text={run.answer} citations={run.result?.citations ?? none} unsupported={none} isStreaming={false} />
				) : (
					<p>{run.reason ?? "Not yet."}</p>
				)}
			</section>
			<section>
				<h3>Passages ({passages.length})</h3>
				<ol>
					{passages.map((passage) => (
						<li key={passage.marker} data-only={!theirs.has(passage.chunkId) || undefined}>
							[{passage.marker}] {passage.documentName} <small>{passage.snippet}</small>
						</li>
					))}
				</ol>
			</section>
			<section>
				<h3>Steps ({steps.length})</h3>
				<ol>
					{steps.map((step, at) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: what was done stays in its place
						<li key={at} data-only={!theirSteps.has(step.name) || undefined}>
							{step.name} <small>{[duration(step.ms), step.note].filter(Boolean).join(" · ")}</small>
						</li>
					))}
				</ol>
			</section>
		</article>
	);
}
