"use client";

import { IconAlertTriangle, IconCircleCheck, IconClock, IconDownload, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Badge } from "@/components/ui/badge";
import { Bar } from "@/components/ui/bar";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { CopyId } from "@/components/ui/copy";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { bytes, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel, Split } from "@/components/ui/side-panel";
import { Exactly, When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { AuditExport } from "@/server/audit/contract";
import styles from "./audit.module.css";
import { AuditHead } from "./audit-head";
import { conditionsOf } from "./filter";
import { formatNames } from "./formats";

const noInput = {};
const watchMs = 1_000;
const isUnderWay = ({ state }: AuditExport) => state === "queued" || state === "running";
const addressOf = ({ id }: AuditExport, what: "file" | "certificate") => `/api/audit-exports/${id}/${what}`;

function ExportState({ row }: { row: AuditExport }) {
	switch (row.state) {
		case "queued":
			return (
				<Badge icon={IconClock} isPlain>
					Waits its turn
				</Badge>
			);
		case "running":
			return <Bar share={row.progress} label={row.progress < 1 ? "Writing" : "Verifying"} />;
		case "ready":
			return row.isProved === false ? (
				<Badge tone="red" icon={IconAlertTriangle} isPlain>
					Ready, chain broken
				</Badge>
			) : (
				<Badge tone="accent" icon={IconCircleCheck} isPlain>
					Ready
				</Badge>
			);
		case "failed":
			return (
				<Badge tone="red" icon={IconAlertTriangle} isPlain>
					Failed
				</Badge>
			);
		case "cancelled":
			return (
				<Badge icon={IconX} isPlain>
					Cancelled
				</Badge>
			);
		case "expired":
			return (
				<Badge icon={IconClock} isPlain>
					Expired
				</Badge>
			);
	}
}

/** A link of the browser's own: the file comes as an attachment. */
function Files({ row }: { row: AuditExport }) {
	if (row.state !== "ready") return null;
	return (
		<span className={styles.files}>
			<a href={addressOf(row, "file")} download={row.fileName}>
				File
			</a>
			{row.hasCertificate ? (
				<a href={addressOf(row, "certificate")} download>
					Certificate
				</a>
			) : null}
		</span>
	);
}

const columns: Column<AuditExport>[] = [
	{ key: "name", title: "File", cell: (row) => row.fileName },
	{ key: "state", title: "State", width: 180, cell: (row) => <ExportState row={row} /> },
	{ key: "rows", title: "Entries", width: 90, align: "end", from: "middle", cell: (row) => figure(row.rows) },
	{ key: "bytes", title: "Size", width: 90, align: "end", from: "middle", cell: (row) => bytes(row.bytes) },
	{ key: "files", title: "Download", width: 150, from: "narrow", cell: (row) => <Files row={row} /> },
	{ key: "at", title: "Asked", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];

/** One's own exports, with their progress and their files. */
export function ExportList() {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const url = useUrl();
	const openId = url.get("open");
	const key = api.audit.listExports.infiniteQueryKey(noInput);
	const known = cache.getQueryData<{ pages: { rows: AuditExport[] }[] }>(key);
	const list = usePages({
		key,
		read: (cursor) => client.audit.listExports.query({ cursor }),
		everyMs: known?.pages.some((page) => page.rows.some(isUnderWay)) ? watchMs : 30_000,
	});
	const open = list.rows.find(({ id }) => id === openId);
	const toEntries = (
		<ButtonLink icon={IconDownload} href="/audit?export=1">
			Export…
		</ButtonLink>
	);
	return (
		<ScanPage>
			<AuditHead actions={toEntries} />
			<Split panel={open ? <ExportPanel row={open} onClose={() => url.set({ open: null })} /> : null}>
				<DataTable
					label="Exports"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => <When at={row.createdAt} />}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconDownload} title="No exports yet" action={toEntries}>
							Filter the entries as you like, then export what the list shows.
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}

function ExportPanel({ row, onClose }: { row: AuditExport; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const cancel = useMutation(
		api.audit.cancelExport.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.audit.listExports.pathFilter()),
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const conditions = conditionsOf(row.filter);
	return (
		<SidePanel
			title={row.fileName}
			label="Export"
			onClose={onClose}
			actions={
				isUnderWay(row) ? (
					<Button size="small" isBusy={cancel.isPending} onClick={() => cancel.mutate({ exportId: row.id })}>
						Cancel export
					</Button>
				) : null
			}
		>
			<Facts>
				<Fact name="State">
					<ExportState row={row} />
				</Fact>
				<Fact name="Reason">{row.reason}</Fact>
				<Fact name="Download">{row.state === "ready" ? <Files row={row} /> : null}</Fact>
				<Fact name="Format">{formatNames[row.format]}</Fact>
				<Fact name="Entries">{figure(row.rows)}</Fact>
				<Fact name="Size">{bytes(row.bytes)}</Fact>
				<Fact name="SHA-256">{row.sha256 ? <CopyId value={row.sha256} label="digest" length={24} /> : null}</Fact>
				<Fact name="Chain">
					{row.isProved === null ? null : row.isProved ? "holds for these entries" : "broken: see the certificate"}
				</Fact>
				<Fact name="Asked">
					<Exactly at={row.createdAt} />
				</Fact>
				<Fact name="Ended">{row.endedAt ? <Exactly at={row.endedAt} /> : null}</Fact>
				<Fact name="Kept until">{row.expiresAt ? <Exactly at={row.expiresAt} /> : null}</Fact>
			</Facts>
			<PanelSection title="Conditions">
				{conditions.length === 0 ? (
					<p className={styles.hint}>None: every sealed entry of that moment.</p>
				) : (
					<Facts>
						{conditions.map(({ name, value }) => (
							<Fact key={name} name={name}>
								{value}
							</Fact>
						))}
					</Facts>
				)}
			</PanelSection>
		</SidePanel>
	);
}
