"use client";

import { type PointerEvent, useState } from "react";
import styles from "./chart.module.css";

export type Series = {
	name: string;
	/** Told apart by more than their colour: lines by their dashes, bars by their order from below. */
	look: "first" | "second" | "bad" | "faint";
	/** One for each moment; null where nothing was measured. */
	values: readonly (number | null)[];
};
type Props = {
	label: string;
	kind: "bars" | "lines";
	moments: readonly string[];
	series: readonly Series[];
	format: (value: number) => string;
	/** What the scale reaches at least. */
	least?: number;
};

const width = 600;
const height = 96;

/** A few series over time: a picture for the eye, with what stands under the pointer in words; and all of it as a table. */
export function Chart(props: Props) {
	const { label, kind, moments, series, format, least = 1 } = props;
	const [at, setAt] = useState<number | null>(null);
	const tops = moments.map((_, n) => series.map(({ values }) => values[n] ?? 0));
	const most = Math.max(
		least,
		...tops.map((all) => (kind === "bars" ? all.reduce((a, b) => a + b, 0) : Math.max(...all))),
	);
	const point = (event: PointerEvent<SVGSVGElement>) => {
		const { left, width: wide } = event.currentTarget.getBoundingClientRect();
		setAt(Math.min(moments.length - 1, Math.max(0, Math.floor(((event.clientX - left) / wide) * moments.length))));
	};
	return (
		<figure className={styles.figure}>
			<figcaption className={styles.legend}>
				{series.map(({ name, look, values }) => (
					<span key={name} data-look={look} data-kind={kind}>
						{name}
						{at === null ? null : <b>{said(values[at], format)}</b>}
					</span>
				))}
			</figcaption>
			<div className={styles.plot}>
				<span className={styles.most} aria-hidden="true">
					{format(most)}
				</span>
				<svg
					viewBox={`0 0 ${width} ${height}`}
					preserveAspectRatio="none"
					role="img"
					aria-label={`${label}, at most ${format(most)}`}
					onPointerMove={point}
					onPointerDown={point}
					onPointerLeave={() => setAt(null)}
				>
					{at === null ? null : (
						<rect
							className={styles.at}
							x={(at * width) / moments.length}
							width={width / moments.length}
							height={height}
						/>
					)}
					{kind === "bars" ? <Bars series={series} most={most} count={moments.length} /> : null}
					{kind === "lines" ? <Lines series={series} most={most} count={moments.length} /> : null}
				</svg>
			</div>
			<p className={styles.axis} aria-hidden="true">
				<span>{moments[0]}</span>
				<span>{at === null ? "" : moments[at]}</span>
				<span>{moments.at(-1)}</span>
			</p>
			<Figures {...props} />
		</figure>
	);
}

const said = (value: number | null | undefined, format: Props["format"]): string =>
	value === null || value === undefined ? "–" : format(value);

type Drawn = { series: readonly Series[]; most: number; count: number };

/** One path a series, however many moments there are. */
function Bars({ series, most, count }: Drawn) {
	const step = width / count;
	const floor = new Array<number>(count).fill(height);
	return series.map(({ name, look, values }) => {
		const path = values.map((value, n) => {
			if (!value) return "";
			const bottom = floor[n] ?? height;
			const top = bottom - Math.max(0.75, (value / most) * (height - 2));
			floor[n] = top;
			return `M${r(n * step + step * 0.1)} ${r(bottom)}V${r(top)}h${r(step * 0.8)}V${r(bottom)}z`;
		});
		return <path key={name} className={styles.bar} data-look={look} d={path.join("")} />;
	});
}

/** A moment without a value is a gap; one between two gaps is a short stroke. */
function Lines({ series, most, count }: Drawn) {
	const step = width / count;
	return series.map(({ name, look, values }) => {
		let isGoing = false;
		const path = values.map((value, n) => {
			if (value === null) {
				isGoing = false;
				return "";
			}
			const y = r(height - 1.5 - (value / most) * (height - 5));
			const piece = isGoing ? `L${r((n + 0.5) * step)} ${y}` : `M${r((n + 0.3) * step)} ${y}H${r((n + 0.5) * step)}`;
			isGoing = true;
			return piece;
		});
		return <path key={name} className={styles.line} data-look={look} d={path.join("")} />;
	});
}

const r = (value: number): number => Math.round(value * 100) / 100;

function Figures({ label, moments, series, format }: Props) {
	const [isOpen, setOpen] = useState(false);
	return (
		<details className={styles.figures} onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>Figures</summary>
			{isOpen ? (
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
				<section className={styles.scroll} tabIndex={0} aria-label={`${label}: figures`}>
					<table aria-label={label}>
						<thead>
							<tr>
								<th scope="col">From (UTC)</th>
								{series.map(({ name }) => (
									<th key={name} scope="col">
										{name}
									</th>
								))}
							</tr>
						</thead>
						<tbody>
							{moments
								.map((moment, n) => ({ moment, n }))
								.toReversed()
								.map(({ moment, n }) => (
									<tr key={moment}>
										<th scope="row">{moment}</th>
										{series.map(({ name, values }) => (
											<td key={name}>{said(values[n], format)}</td>
										))}
									</tr>
								))}
						</tbody>
					</table>
				</section>
			) : null}
		</details>
	);
}
