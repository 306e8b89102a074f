"use client";

import { CopyId } from "@/components/ui/copy";
import { Json } from "@/components/ui/json";
import { Link } from "@/components/ui/link";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { AuditEntry } from "@/server/audit/contract";
import { Outcome } from "./outcome";

/** All that an entry tells. */
export function AuditPanel({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
	const details = Object.keys(entry.detail).length;
	return (
		<SidePanel title={entry.action} label="Audit entry" onClose={onClose}>
			<Facts>
				<Fact name="Time">
					<Exactly at={entry.at} />
				</Fact>
				<Fact name="Outcome">
					<Outcome outcome={entry.outcome} />
				</Fact>
				<Fact name="Reason">{entry.reason}</Fact>
				<Fact name="Actor">
					{entry.actorLabel} ({entry.actorKind})
				</Fact>
				<Fact name="Account">
					{entry.userId ? <Link href={`/audit?user=${entry.userId}`}>All by this account</Link> : null}
				</Fact>
				<Fact name="Via">{entry.via}</Fact>
				<Fact name="Resource">
					{entry.resourceKind}
					{entry.resourceId ? (
						<>
							{" "}
							<CopyId value={entry.resourceId} label="resource id" />
						</>
					) : null}
				</Fact>
				<Fact name="Request">
					<CopyId value={entry.requestId} label="request id" length={36} />
				</Fact>
				<Fact name="Run">{entry.runId ? <CopyId value={entry.runId} label="run id" /> : null}</Fact>
				<Fact name="Address">{entry.address}</Fact>
				<Fact name="Browser">{entry.userAgent}</Fact>
				<Fact name="Entry">
					<CopyId value={String(entry.id)} label="entry number" />
				</Fact>
			</Facts>
			{details > 0 ? (
				<PanelSection title="What changed">
					<Json value={entry.detail} label="What changed" />
				</PanelSection>
			) : null}
		</SidePanel>
	);
}
