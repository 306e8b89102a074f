"use client";

import { IconChevronRight } from "@tabler/icons-react";
import { Fragment } from "react";
import { CopyId } from "@/components/ui/copy";
import { figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { AuditEntry } from "@/server/audit/contract";
import styles from "./audit.module.css";
import { Changes, Details } from "./changes";
import { Outcome } from "./outcome";

/** All that an entry tells. */
export function AuditPanel({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
	return (
		<SidePanel title={entry.action} label="Audit entry" onClose={onClose}>
			<EntryFacts entry={entry} />
			<EntryChanges entry={entry} />
			<PanelSection title="Look further">
				<Further entry={entry} />
			</PanelSection>
			<PanelSection title="Place in the chain">
				<Facts>
					<Fact name="Number">
						{entry.seq === null ? "not sealed yet, which takes up to a second" : figure(entry.seq)}
					</Fact>
					<Fact name="Sealed">{entry.sealedAt ? <Exactly at={entry.sealedAt} /> : null}</Fact>
					<Fact name="Hash">{entry.hash ? <CopyId value={entry.hash} label="hash" length={24} /> : null}</Fact>
				</Facts>
			</PanelSection>
		</SidePanel>
	);
}

function EntryFacts({ entry }: { entry: AuditEntry }) {
	return (
		<Facts>
			<Fact name="Time">
				<Exactly at={entry.at} />
			</Fact>
			<Fact name="Outcome">
				<Outcome outcome={entry.outcome} />
			</Fact>
			<Fact name="Reason">{entry.reason}</Fact>
			<Fact name="Actor">
				<Actors entry={entry} />
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
			<Fact name="Address">{entry.address}</Fact>
			<Fact name="Browser">{entry.userAgent}</Fact>
			<Fact name="Request">
				<CopyId value={entry.requestId} label="request id" length={36} />
			</Fact>
			<Fact name="Run">{entry.runId ? <CopyId value={entry.runId} label="run id" length={36} /> : null}</Fact>
			<Fact name="Entry">
				<CopyId value={String(entry.id)} label="entry number" />
			</Fact>
		</Facts>
	);
}

/** Everyone who stands behind it, the person first. */
function Actors({ entry }: { entry: AuditEntry }) {
	if (entry.chain.length === 0) return entry.actorLabel;
	return (
		<span className={styles.actors}>
			{entry.chain.map((link, index) => (
				<Fragment key={`${link.kind} ${link.id}`}>
					{index > 0 ? <IconChevronRight size={13} stroke={1.75} aria-label="by way of" /> : null}
					<span title={link.id ?? undefined}>
						{link.name}
						{link.kind === "user" || link.name === link.kind ? "" : ` (${link.kind})`}
					</span>
				</Fragment>
			))}
		</span>
	);
}

export function EntryChanges({ entry }: { entry: AuditEntry }) {
	const hasDetail = Object.keys(entry.detail).length > 0;
	return (
		<>
			{entry.before || entry.after ? (
				<PanelSection title="What changed">
					<Changes entry={entry} />
				</PanelSection>
			) : null}
			{hasDetail ? (
				<PanelSection title="Details">
					<Details detail={entry.detail} />
				</PanelSection>
			) : null}
		</>
	);
}

const to = (name: string, value: string) => `/audit?${new URLSearchParams({ [name]: value })}`;

function Further({ entry }: { entry: AuditEntry }) {
	const isPerson = entry.actorId === entry.userId;
	return (
		<div className={styles.links}>
			<Link href={to("request", entry.requestId)}>All of this request</Link>
			{entry.userId ? <Link href={to("user", entry.userId)}>All for this person</Link> : null}
			{entry.actorId && !isPerson ? <Link href={to("actor", entry.actorId)}>All by this {entry.actorKind}</Link> : null}
			{entry.resourceId ? (
				<Link href={to("resource", entry.resourceId)}>All about this {entry.resourceKind}</Link>
			) : null}
			{entry.runId ? <Link href={to("run", entry.runId)}>All of this run</Link> : null}
			{entry.address ? <Link href={to("address", entry.address)}>All from this address</Link> : null}
			<Link href={to("action", entry.action)}>All of this kind</Link>
		</div>
	);
}
