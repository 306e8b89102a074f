"use client";

import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Later } from "@/components/ui/later";
import { Link } from "@/components/ui/link";
import { When } from "@/components/ui/time";
import type { Trigger } from "@/server/triggers/contract";
import styles from "./triggers.module.css";

/** What came of its last times, once somebody wants to see it. */
export function TriggerCalls({ trigger }: { trigger: Trigger }) {
	return (
		<Later title="Last times" className={styles.more}>
			<Calls trigger={trigger} />
		</Later>
	);
}

function Calls({ trigger }: { trigger: Trigger }) {
	const api = useApi();
	const client = useClient();
	const triggerId = trigger.id;
	const list = usePages({
		key: [...api.triggers.calls.infiniteQueryKey({ triggerId }), trigger.lastAt],
		read: (cursor) => client.triggers.calls.query({ triggerId, cursor, limit: 20 }),
	});
	if (list.error) return <ErrorView failure={toFailure(list.error)} retry={list.retry} />;
	return (
		<>
			<ul className={styles.lines}>
				{list.rows.map((call) => (
					<li key={call.id}>
						<When at={call.createdAt} />
						{call.runId ? (
							<Link href={`/runs?open=${call.runId}`}>Run</Link>
						) : (
							<span>{call.refusal ?? (trigger.isOwn ? "Its chat was deleted" : "A run of its owner’s")}</span>
						)}
						{trigger.kind === "webhook" ? <code>{call.key}</code> : null}
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
