"use client";

import { IconFlask } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { money } from "@/components/models/money";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ButtonLink } from "@/components/ui/button-link";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { counted, duration, figure } from "@/components/ui/figures";
import { Later } from "@/components/ui/later";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import type { Span, SpanStatus, TraceHead } from "@/server/traces/contract";
import type { SpanNode } from "@/server/traces/contract/tree";
import type { Rolled } from "./rows";
import { kindWords, SpanState } from "./span-words";
import styles from "./traces.module.css";

type Props = { trace: TraceHead; node: SpanNode<Span>; rolled: Rolled | undefined; onClose: () => void };

/** All that is known of one span. */
export function SpanPanel({ trace, node, rolled, onClose }: Props) {
	const { span, children } = node;
	return (
		<SidePanel title={span.name} label="Span" onClose={onClose} actions={<ToPlayground trace={trace} span={span} />}>
			<Facts>
				<Fact name="Kind">{kindWords[span.kind].word}</Fact>
				<Fact name="State">
					<SpanState status={span.status satisfies SpanStatus} />
				</Fact>
				<Fact name="Why">{span.errorCode}</Fact>
				<Fact name="Began after">{duration(span.atMs)}</Fact>
				<Fact name="Took">{duration(span.ms)}</Fact>
				<Fact name="First token">{span.firstTokenMs === undefined ? null : duration(span.firstTokenMs)}</Fact>
				<Fact name="Asked for">{span.modelAsked}</Fact>
				<Fact name="Model">{span.model}</Fact>
				<Fact name="Connection">{span.connection}</Fact>
				<Fact name="Hop">{span.hop}</Fact>
				<Fact name="Tokens">{tokensOf(span)}</Fact>
				<Fact name="Cost">{span.costMicros === undefined ? null : money(span.costMicros, span.currency ?? null)}</Fact>
				<Fact name="Kept answers">{span.cache ? (span.cache === "hit" ? "Found one" : "Had none") : null}</Fact>
				<Fact name="Safety">{span.verdict}</Fact>
				<Fact name="Prompt version">
					{span.promptVersionId ? <CopyId value={span.promptVersionId} label="prompt version id" length={8} /> : null}
				</Fact>
				<Fact name="Span">
					<CopyId value={span.id} label="span id" length={16} />
				</Fact>
			</Facts>
			{rolled && children.length > 0 ? (
				<PanelSection title="With all within it">
					<Facts>
						<Fact name="Spans">{figure(rolled.spans)}</Fact>
						<Fact name="Tokens">{rolled.tokens > 0 ? figure(rolled.tokens) : null}</Fact>
						<Fact name="Cost">{rolled.costs.map(({ micros, currency }) => money(micros, currency)).join(" + ")}</Fact>
						<Fact name="Failed">{rolled.failures > 0 ? figure(rolled.failures) : null}</Fact>
					</Facts>
				</PanelSection>
			) : null}
			{Object.keys(span.attributes).length > 0 ? (
				<PanelSection title="Attributes">
					<Facts>
						{Object.entries(span.attributes).map(([name, value]) => (
							<Fact key={name} name={name}>
								{String(value)}
							</Fact>
						))}
					</Facts>
				</PanelSection>
			) : null}
			{span.hasContent ? (
				<PanelSection title="What was said">
					<Later title="Show it">
						<Content traceId={trace.id} spanId={span.id} />
					</Later>
				</PanelSection>
			) : null}
		</SidePanel>
	);
}

function tokensOf({ inputTokens, outputTokens, cachedTokens }: Span): string | null {
	if (inputTokens === undefined) return null;
	const kept = cachedTokens ? `, ${figure(cachedTokens)} kept` : "";
	return `${figure(inputTokens)} in, ${counted(outputTokens ?? 0, "token")} out${kept}`;
}

function Content({ traceId, spanId }: { traceId: string; spanId: string }) {
	const api = useApi();
	const query = useQuery(api.traces.content.queryOptions({ traceId, spanId }));
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return null;
	const { input, output } = query.data;
	return (
		<>
			{input ? <Said name="Told" text={input} /> : null}
			{output ? <Said name="Answered" text={output} /> : null}
		</>
	);
}

function Said({ name, text }: { name: string; text: string }) {
	return (
		<div className={styles.said}>
			<h4>{name}</h4>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<pre tabIndex={0}>{text}</pre>
		</div>
	);
}

/** The question with its prompt, its passages and this very model, to be tried with other words. One's own runs only. */
function ToPlayground({ trace, span }: { trace: TraceHead; span: Span }) {
	const mayTry = useMay("prompts:write");
	if (!mayTry || span.kind !== "model" || !trace.threadId || !trace.runId) return null;
	const model = span.modelAsked ? `&model=${encodeURIComponent(span.modelAsked)}` : "";
	return (
		<ButtonLink size="small" look="quiet" icon={IconFlask} href={`/playground?run=${trace.runId}${model}`}>
			Open in the playground
		</ButtonLink>
	);
}
