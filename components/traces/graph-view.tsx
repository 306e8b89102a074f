import { useMemo } from "react";
import { counted, duration, figure } from "@/components/ui/figures";
import { type Arrow, type Box, graphOf } from "./graph";
import type { Forest } from "./rows";
import { KindIcon, kindWords } from "./span-words";
import styles from "./traces.module.css";

const size = { width: 190, height: 62, across: 64, down: 16, edge: 16 };
const x = ({ column }: Box): number => size.edge + column * (size.width + size.across);
const y = ({ line }: Box): number => size.edge + line * (size.height + size.down);

/** What asked for what: steps as boxes, those that are alike as one, with arrows between them. */
export function GraphView(props: { forest: Forest; chosen: string | null; onChoose: (id: string) => void }) {
	const graph = useMemo(() => graphOf(props.forest), [props.forest]);
	const byKey = new Map(graph.boxes.map((box) => [box.key, box]));
	const width = size.edge * 2 + graph.columns * size.width + (graph.columns - 1) * size.across;
	const height = size.edge * 2 + graph.lines * (size.height + size.down);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className={styles.graph} tabIndex={0} aria-label="Graph of the trace">
			<div style={{ width, height }}>
				<svg width={width} height={height} aria-hidden="true">
					<defs>
						<marker id="trace-arrow" viewBox="0 0 8 8" refX={7} refY={4} markerWidth={7} markerHeight={7} orient="auto">
							<path d="M0 0L8 4L0 8z" />
						</marker>
					</defs>
					{graph.arrows.map((arrow) => (
						<Line
							key={`${arrow.from} ${arrow.to}`}
							arrow={arrow}
							from={byKey.get(arrow.from)}
							to={byKey.get(arrow.to)}
						/>
					))}
				</svg>
				{graph.boxes.map((box) => (
					<button
						key={box.key}
						type="button"
						className={styles.box}
						style={{ left: x(box), top: y(box), width: size.width, height: size.height }}
						aria-pressed={box.longest.id === props.chosen}
						onClick={() => props.onChoose(box.longest.id)}
					>
						<span>
							<KindIcon kind={box.kind} />
							<b>{box.name}</b>
						</span>
						<span className={styles.boxFacts}>
							{kindWords[box.kind].word}
							{box.count > 1 ? ` · ${figure(box.count)}×` : ""} · {duration(box.ms)}
							{box.failures > 0 ? <em>{` · ${figure(box.failures)} failed`}</em> : null}
						</span>
						<Asks box={box} arrows={graph.arrows} names={byKey} />
					</button>
				))}
			</div>
			{graph.left > 0 ? (
				<p>{counted(graph.left, "box", "boxes")} more are not drawn: the tree has all of them.</p>
			) : null}
		</section>
	);
}

/** The arrows in words, for whoever doesn't see them. */
function Asks({ box, arrows, names }: { box: Box; arrows: Arrow[]; names: Map<string, Box> }) {
	const asks = arrows.filter(({ from }) => from === box.key).map(({ to }) => names.get(to)?.name ?? "");
	return asks.length > 0 ? <span className={styles.spoken}>, leads to {asks.join(", ")}</span> : null;
}

function Line({ arrow, from, to }: { arrow: Arrow; from: Box | undefined; to: Box | undefined }) {
	if (!from || !to) return null;
	const isForward = to.column > from.column;
	const start = { x: x(from) + size.width, y: y(from) + size.height / 2 };
	const end = isForward
		? { x: x(to), y: y(to) + size.height / 2 }
		: { x: x(to) + size.width, y: y(to) + size.height / 2 + 10 };
	const bend = size.across * (isForward ? 0.5 : 0.7);
	const second = isForward ? end.x - bend : end.x + bend;
	return (
		<path
			className={styles.arrow}
			d={`M${start.x} ${start.y}C${start.x + bend} ${start.y} ${second} ${end.y} ${end.x} ${end.y}`}
			strokeWidth={Math.min(3, 1 + Math.log10(arrow.count) / 2)}
			markerEnd="url(#trace-arrow)"
		/>
	);
}
