"use client";

import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Fact, Facts, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import styles from "./audit.module.css";
import { EntryChanges } from "./audit-panel";
import { Outcome } from "./outcome";

/** All that one request did, in its order. */
export function RequestPanel({ requestId, onClose }: { requestId: string; onClose: () => void }) {
	const api = useApi();
	const client = useClient();
	const filter = { filter: { requestId: { eq: requestId } } };
	const list = usePages({
		key: api.audit.list.infiniteQueryKey(filter),
		read: (cursor) => client.audit.list.query({ ...filter, cursor }),
		isAudited: true,
	});
	const entries = list.rows.toReversed();
	const first = entries[0];
	return (
		<SidePanel title={`Request, ${counted(entries.length, "entry", "entries")}`} label="Request" onClose={onClose}>
			<Facts>
				<Fact name="Request">
					<CopyId value={requestId} label="request id" length={36} />
				</Fact>
				<Fact name="Actor">{first?.actorLabel}</Fact>
				<Fact name="Via">{first?.via}</Fact>
				<Fact name="Address">{first?.address}</Fact>
				<Fact name="Run">{first?.runId ? <CopyId value={first.runId} label="run id" length={36} /> : null}</Fact>
			</Facts>
			{list.error ? <ErrorView failure={toFailure(list.error)} retry={list.retry} /> : null}
			{list.hasMore ? <Button onClick={list.loadMore}>Show earlier ones</Button> : null}
			<div className={styles.steps}>
				{entries.map((entry) => (
					<section key={entry.id} className={styles.step}>
						<h3>
							{entry.action}
							<Outcome outcome={entry.outcome} />
						</h3>
						<p className={styles.hint}>
							<Exactly at={entry.at} />
							{entry.resourceId ? `, ${entry.resourceKind} ${entry.resourceId}` : ""}
							{entry.reason ? `: ${entry.reason}` : ""}
						</p>
						<EntryChanges entry={entry} />
					</section>
				))}
			</div>
		</SidePanel>
	);
}
