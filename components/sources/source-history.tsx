"use client";

import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Later } from "@/components/ui/later";
import { When } from "@/components/ui/time";
import type { Source } from "@/server/sources/contract";
import { SyncState } from "./source-state";
import styles from "./sources.module.css";
import { changeWords } from "./words";

/** A source's syncs, newest first, once somebody wants to see them. */
export function SourceHistory({ source }: { source: Source }) {
	return (
		<Later title="History" className={styles.more}>
			<Syncs source={source} />
		</Later>
	);
}

function Syncs({ source }: { source: Source }) {
	const api = useApi();
	const client = useClient();
	const sourceId = source.id;
	const list = usePages({
		key: [...api.sources.listSyncs.infiniteQueryKey({ sourceId }), source.lastRun?.id, source.lastRun?.state],
		read: (cursor) => client.sources.listSyncs.query({ sourceId, cursor, limit: 20 }),
	});
	if (list.error) return <ErrorView failure={toFailure(list.error)} retry={list.retry} />;
	return (
		<>
			<ul className={styles.lines}>
				{list.rows.map((run) => (
					<li key={run.id}>
						<span className={styles.line}>
							<SyncState state={run.state} word={run.state === "done" ? "Done" : undefined} />
							<When at={run.createdAt} />
							<span>{run.askedByName ? `Asked for by ${run.askedByName}` : "By its schedule"}</span>
						</span>
						<span>{changeWords(run)}</span>
						{run.reason ? <span className={styles.why}>{run.reason}</span> : null}
					</li>
				))}
			</ul>
			{list.hasMore ? (
				<Button size="small" isBusy={list.isLoadingMore} onClick={list.loadMore}>
					Earlier ones
				</Button>
			) : null}
		</>
	);
}
