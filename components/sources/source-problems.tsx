"use client";

import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Later } from "@/components/ui/later";
import type { Source } from "@/server/sources/contract";
import styles from "./sources.module.css";

/** The files that could not be taken, each with why and what to do. */
export function SourceProblems({ source }: { source: Source }) {
	return (
		<Later title={`${counted(source.problemCount, "file")} could not be taken`} className={styles.more}>
			<Problems source={source} />
		</Later>
	);
}

function Problems({ source }: { source: Source }) {
	const api = useApi();
	const client = useClient();
	const sourceId = source.id;
	const list = usePages({
		key: [...api.sources.listProblems.infiniteQueryKey({ sourceId }), source.lastRun?.id, source.problemCount],
		read: (cursor) => client.sources.listProblems.query({ sourceId, cursor, limit: 50 }),
	});
	if (list.error) return <ErrorView failure={toFailure(list.error)} retry={list.retry} />;
	return (
		<>
			<ul className={styles.lines}>
				{list.rows.map(({ path, problem }) => (
					<li key={path}>
						<code>{path}</code>
						<span className={styles.why}>{problem}</span>
					</li>
				))}
			</ul>
			{list.hasMore ? (
				<Button size="small" isBusy={list.isLoadingMore} onClick={list.loadMore}>
					More
				</Button>
			) : null}
		</>
	);
}
