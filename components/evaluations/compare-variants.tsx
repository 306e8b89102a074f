"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { useUrl } from "@/components/ui/use-url";
import type { ExperimentInFull } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { points } from "./states";
import { variantWords } from "./variant-table";

/** Two variants held against each other, and whether their difference could be chance. */
export function CompareVariants({ experiment }: { experiment: ExperimentInFull }) {
	const { variants, scorers } = experiment;
	const api = useApi();
	const url = useUrl();
	const pick = (name: string, otherwise: string | undefined) =>
		variants.find(({ id }) => id === url.get(name))?.id ?? otherwise ?? "";
	const firstId = pick("first", variants[0]?.id);
	const secondId = pick("second", variants[1]?.id);
	const scorer = scorers.find(({ key }) => key === url.get("by"))?.key;
	const { data, error, refetch } = useQuery({
		...api.evaluations.compare.queryOptions({ firstId, secondId, ...(scorer ? { scorer } : {}) }),
		refetchInterval: experiment.open > 0 ? 2_000 : false,
	});
	const isOver = experiment.open === 0;
	useEffect(() => {
		// What was measured last came after the last look.
		if (isOver) void refetch();
	}, [isOver, refetch]);
	const options = variants.map((variant) => ({
		value: variant.id,
		label: `${variant.ordinal}. ${variantWords(variant)}`,
	}));
	return (
		<section className={styles.compare} aria-label="Comparison">
			<h2>Comparison</h2>
			<FilterBar label="What is compared">
				<FilterSelect label="First" value={firstId} options={options} onChange={(first) => url.set({ first })} />
				<FilterSelect label="Second" value={secondId} options={options} onChange={(second) => url.set({ second })} />
				<FilterSelect
					label="By"
					value={scorer ?? ""}
					options={[{ value: "", label: "All scorers" }, ...scorers.map(({ key }) => ({ value: key, label: key }))]}
					onChange={(by) => url.set({ by: by || null })}
				/>
			</FilterBar>
			{error && !data ? <ErrorView failure={toFailure(error)} retry={() => void refetch()} /> : null}
			{data ? (
				<>
					<p role="status">{data.told}</p>
					{data.count > 0 ? (
						<p>
							{data.better} better, {data.worse} worse, {data.same} alike. First {points(data.first?.mean ?? 0)}, second{" "}
							{points(data.second?.mean ?? 0)}. Interval by paired bootstrap; p by the exact two-sided sign test
							(McNemar's where scores are 0 or 1).
						</p>
					) : null}
				</>
			) : null}
		</section>
	);
}
