import type { ReactNode } from "react";
import { money } from "@/components/models/money";
import { Chart } from "@/components/ui/chart";
import { counted, duration, figure, percent } from "@/components/ui/figures";
import type { InsightFigures, InsightPoint, Insights, Percentiles } from "@/server/insights/contract";
import styles from "./insights.module.css";

const hours = new Intl.DateTimeFormat("en-GB", {
	day: "numeric",
	month: "short",
	hour: "2-digit",
	minute: "2-digit",
	timeZone: "UTC",
});
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** A share of nothing is none. */
export const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
export const shareText = (share: number | null): string => (share === null ? "–" : finePercent(share));
/** Below ten of a hundred, the tenths tell. */
const finePercent = (share: number): string =>
	share > 0 && share < 0.1 ? `${(share * 100).toFixed(1)} %` : percent(share);

/** Everything over time: a figure for the whole of it, and its course. */
export function Charts({ insights }: { insights: Insights }) {
	const { total, points, unit } = insights;
	const moments = points.map(({ at }) => (unit === "hour" ? hours : days).format(at));
	const take = <Value,>(value: (point: InsightPoint) => Value): Value[] => points.map(value);
	const { calls, runs, verdicts } = total;
	const found = verdicts ? verdicts.shadowed + verdicts.warned + verdicts.redacted + verdicts.blocked : 0;
	return (
		<div className={styles.cards}>
			<Card
				title="Tokens"
				value={counted(calls.inputTokens + calls.outputTokens, "token")}
				note={counted(calls.calls, "call")}
			>
				<Chart
					label="Tokens"
					kind="bars"
					moments={moments}
					format={figure}
					series={[
						{ name: "Read", look: "first", values: take((point) => point.calls.inputTokens) },
						{ name: "Written", look: "second", values: take((point) => point.calls.outputTokens) },
					]}
				/>
			</Card>
			{calls.costs.map(({ micros, currency }) => (
				<Card key={currency} title={currency ? `Cost in ${currency}` : "Cost"} value={money(micros, currency)}>
					<Chart
						label={currency ? `Cost in ${currency}` : "Cost"}
						kind="bars"
						moments={moments}
						format={(value) => money(value, currency)}
						series={[{ name: "Cost", look: "first", values: take((point) => costIn(point, currency)) }]}
					/>
				</Card>
			))}
			<Times
				title="Time to an answer"
				note="of a model, half of the time"
				whole={calls.latency}
				moments={moments}
				course={take((point) => point.calls.latency)}
			/>
			<Times
				title="Time to the first token"
				note="half of the time"
				whole={calls.firstToken}
				moments={moments}
				course={take((point) => point.calls.firstToken)}
			/>
			<Card
				title="Errors and fallbacks"
				value={shareText(shareOf(calls.failed, calls.calls))}
				note={`of calls failed; ${shareText(shareOf(calls.fallbacks, calls.answered))} of answers came from a fallback`}
			>
				<Chart
					label="Errors and fallbacks"
					kind="lines"
					moments={moments}
					format={finePercent}
					least={0.01}
					series={[
						{
							name: "Failed calls",
							look: "bad",
							values: take((point) => shareOf(point.calls.failed, point.calls.calls)),
						},
						{
							name: "Fallbacks",
							look: "second",
							values: take((point) => shareOf(point.calls.fallbacks, point.calls.answered)),
						},
					]}
				/>
			</Card>
			{runs ? (
				<Card title="Runs" value={counted(runs.runs, "run")} note={`${figure(runs.failed)} failed`}>
					<Chart
						label="Runs"
						kind="bars"
						moments={moments}
						format={figure}
						series={[
							{
								name: "Others",
								look: "first",
								values: take((point) => (point.runs?.runs ?? 0) - (point.runs?.failed ?? 0)),
							},
							{ name: "Failed", look: "bad", values: take((point) => point.runs?.failed ?? 0) },
						]}
					/>
				</Card>
			) : null}
			{runs ? (
				<Card
					title="Answers given again"
					value={shareText(shareOf(runs.cached, runs.succeeded))}
					note={`${figure(runs.cached)} of ${counted(runs.succeeded, "answer")}, without asking a model`}
				>
					<Chart
						label="Answers given again"
						kind="lines"
						moments={moments}
						format={finePercent}
						least={0.01}
						series={[
							{
								name: "Share of answers",
								look: "first",
								values: take(({ runs: of }) => (of ? shareOf(of.cached, of.succeeded) : null)),
							},
						]}
					/>
				</Card>
			) : null}
			{verdicts ? (
				<Card title="Safety" value={counted(found, "verdict")} note={`${figure(verdicts.blocked)} blocked`}>
					<Chart
						label="Safety verdicts"
						kind="bars"
						moments={moments}
						format={figure}
						series={[
							{ name: "Blocked", look: "bad", values: take((point) => point.verdicts?.blocked ?? 0) },
							{ name: "Covered", look: "first", values: take((point) => point.verdicts?.redacted ?? 0) },
							{ name: "Warned", look: "second", values: take((point) => point.verdicts?.warned ?? 0) },
							{ name: "Only counted", look: "faint", values: take((point) => point.verdicts?.shadowed ?? 0) },
						]}
					/>
				</Card>
			) : null}
		</div>
	);
}

const msText = (ms: number | null): string => (ms === null ? "–" : duration(ms));
const costIn = ({ calls }: InsightFigures, currency: string | null): number =>
	calls.costs.find((one) => one.currency === currency)?.micros ?? 0;

type TimesProps = { title: string; note: string; whole: Percentiles; moments: string[]; course: Percentiles[] };
/** How long something takes: half of the time at most, and in 95 of a hundred. */
function Times({ title, note, whole, moments, course }: TimesProps) {
	return (
		<Card title={title} value={msText(whole.p50)} note={`${note}; ${msText(whole.p95)} at most in 95 %`}>
			<Chart
				label={title}
				kind="lines"
				moments={moments}
				format={duration}
				series={[
					{ name: "p50", look: "first", values: course.map(({ p50 }) => p50) },
					{ name: "p95", look: "second", values: course.map(({ p95 }) => p95) },
				]}
			/>
		</Card>
	);
}

function Card({ title, value, note, children }: { title: string; value: string; note?: string; children: ReactNode }) {
	return (
		<section className={styles.card} aria-label={title}>
			<h2>{title}</h2>
			<p className={styles.value}>
				<strong>{value}</strong>
				{note ? <span>{note}</span> : null}
			</p>
			{children}
		</section>
	);
}
