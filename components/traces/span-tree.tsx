import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import { money } from "@/components/models/money";
import { duration, figure } from "@/components/ui/figures";
import { VirtualTree } from "@/components/ui/virtual-rows";
import type { Span } from "@/server/traces/contract";
import type { SpanNode } from "@/server/traces/contract/tree";
import type { Forest } from "./rows";
import { KindIcon, kindWords, statusWords } from "./span-words";
import styles from "./traces.module.css";

type Props = {
	forest: Forest;
	rows: SpanNode<Span>[];
	view: "tree" | "timeline";
	found: ReadonlySet<string>;
	folded: ReadonlySet<string>;
	chosen: string | null;
	onChoose: (id: string | null) => void;
	onFold: (id: string, isFolded: boolean) => void;
};
const step = 14;
/** Deeper than this, rows stand no further in: their name would be out of sight. */
const deepest = 12;

/** Spans within each other, with what each came to; or against the time that they took. */
export function SpanTree(props: Props) {
	const { forest, rows, view, folded, chosen, onChoose, onFold } = props;
	// The row that the keys are at. Where there is room, its panel comes along; elsewhere it would cover the tree.
	const [active, setActive] = useState(chosen);
	const [known, setKnown] = useState(chosen);
	if (known !== chosen) {
		setKnown(chosen);
		if (chosen !== null) setActive(chosen);
	}
	const at = rows.findIndex(({ span }) => span.id === active);
	const reach = (id: string) => {
		setActive(id);
		if (window.matchMedia("(min-width: 62em)").matches) onChoose(id);
	};
	const isOpen = ({ span, children }: SpanNode<Span>) => (children.length === 0 ? undefined : !folded.has(span.id));
	const go = (to: number) => {
		const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
		if (row) reach(row.span.id);
	};
	const fold = (isFolding: boolean) => {
		const row = rows[at];
		if (!row) return go(0);
		if (row.children.length > 0 && folded.has(row.span.id) !== isFolding) return onFold(row.span.id, isFolding);
		const parent = forest.parentOf.get(row.span.id);
		if (isFolding && parent) reach(parent);
		if (!isFolding && row.children.length > 0) go(at + 1);
	};
	const keys: Record<string, () => void> = {
		ArrowDown: () => go(at + 1),
		ArrowUp: () => go(at - 1),
		PageDown: () => go(at + 15),
		PageUp: () => go(at - 15),
		Home: () => go(0),
		End: () => go(rows.length - 1),
		ArrowLeft: () => fold(true),
		ArrowRight: () => fold(false),
		Enter: () => active !== null && at >= 0 && onChoose(active),
		Escape: () => onChoose(null),
	};
	const onKey = (event: KeyboardEvent) => {
		const act = keys[event.key];
		if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		act();
	};
	return (
		<VirtualTree
			label={view === "tree" ? "Spans" : "Spans by time"}
			rows={rows}
			chosen={at}
			idOf={({ span }) => span.id}
			describe={(node) => ({ level: node.depth + 1, isOpen: isOpen(node) })}
			onKey={onKey}
			onChoose={({ span }) => onChoose(span.id)}
		>
			{(node) => (
				<div className={styles.row} data-view={view} data-found={props.found.has(node.span.id) || undefined}>
					<Name node={node} isOpen={isOpen(node)} onFold={onFold} />
					{view === "tree" ? <Sums node={node} forest={forest} /> : <Stretch span={node.span} endMs={forest.endMs} />}
				</div>
			)}
		</VirtualTree>
	);
}

function Name({
	node,
	isOpen,
	onFold,
}: {
	node: SpanNode<Span>;
	isOpen: boolean | undefined;
	onFold: Props["onFold"];
}) {
	const { span, depth } = node;
	const Mark = isOpen ? IconChevronDown : IconChevronRight;
	return (
		<span className={styles.name} style={{ paddingLeft: Math.min(depth, deepest) * step }}>
			{isOpen === undefined ? (
				<span className={styles.leaf} />
			) : (
				// The arrow keys do the same for whoever has no pointer.
				<span
					className={styles.fold}
					aria-hidden="true"
					onClick={(event) => {
						event.stopPropagation();
						onFold(span.id, isOpen);
					}}
				>
					<Mark size={14} stroke={1.6} />
				</span>
			)}
			<KindIcon kind={span.kind} />
			<span className={styles.kind}>{kindWords[span.kind].word}</span>
			<span className={styles.text}>{span.name}</span>
			{span.status === "ok" ? null : (
				<span className={styles.status} data-tone={statusWords[span.status].tone}>
					{statusWords[span.status].word}
				</span>
			)}
		</span>
	);
}

function Sums({ node: { span }, forest }: { node: SpanNode<Span>; forest: Forest }) {
	const sum = forest.rolled.get(span.id);
	return (
		<>
			<span className={styles.wide}>{sum && sum.tokens > 0 ? `${figure(sum.tokens)} tokens` : ""}</span>
			<span className={styles.wide}>
				{sum?.costs.map(({ micros, currency }) => money(micros, currency)).join(" + ")}
			</span>
			<span className={styles.took}>{duration(span.ms)}</span>
		</>
	);
}

/** From its beginning to its end, within the whole. */
function Stretch({ span, endMs }: { span: Span; endMs: number }) {
	const percent = (ms: number) => `${Math.max(0, Math.min(100, (ms / endMs) * 100))}%`;
	return (
		<>
			<span className={styles.stretch}>
				<span
					data-status={span.status}
					data-kind={span.kind}
					style={{ left: percent(span.atMs), width: percent(span.ms) }}
				/>
			</span>
			<span className={styles.took}>{duration(span.ms)}</span>
		</>
	);
}
