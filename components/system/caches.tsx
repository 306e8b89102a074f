"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import styles from "./system.module.css";

const noInput = {};
const refreshMs = 10_000;
const rateOf = ({ hits, misses }: { hits: number; misses: number }): string =>
	hits + misses === 0 ? "–" : `${Math.round((100 * hits) / (hits + misses))} %`;

/** How often what is costly was remembered, instead of found out anew. */
export function Caches() {
	const query = useQuery({ ...useApi().system.metrics.queryOptions(noInput), refetchInterval: refreshMs });
	const rows = query.data?.caches ?? [];
	return (
		<section className={styles.caches} aria-labelledby="caches">
			<h2 id="caches">Caches</h2>
			{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{rows.length === 0 ? (
				<p>Nothing was asked yet that is worth remembering. Search the knowledge, or ask an agent.</p>
			) : (
				<table>
					<thead>
						<tr>
							<th scope="col">What is remembered</th>
							<th scope="col">Process</th>
							<th scope="col">Hit rate</th>
							<th scope="col">Hits</th>
							<th scope="col">Misses</th>
							<th scope="col">Held</th>
						</tr>
					</thead>
					<tbody>
						{rows.map((row) => (
							<tr key={`${row.process} ${row.name}`}>
								<th scope="row">{row.name}</th>
								<td>{row.process.split(" ")[0]}</td>
								<td>{rateOf(row)}</td>
								<td>{figure(row.hits)}</td>
								<td>{figure(row.misses)}</td>
								<td>{figure(row.entries)}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
			<p>
				Since each process started. What changes in a collection, or in what one may read, is never answered from here.
			</p>
		</section>
	);
}
