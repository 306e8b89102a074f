"use client";

import { IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect, FilterText } from "@/components/ui/field";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type Mail, type MailDelivery, mailStates } from "@/server/mail/contract";
import { filterFrom } from "./filter";
import { MailPanel } from "./mail-panel";
import { kindWords, MailState, stateWords } from "./mail-state";

const columns: Column<Mail>[] = [
	{ key: "to", title: "To", width: 260, cell: (row) => row.recipient },
	{ key: "subject", title: "Subject", from: "middle", cell: (row) => row.subject },
	{ key: "kind", title: "Kind", width: 128, from: "wide", cell: (row) => kindWords[row.kind] },
	{ key: "state", title: "State", width: 116, cell: (row) => <MailState state={row.state} /> },
	{ key: "at", title: "Written", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];
const states = [
	{ value: "", label: "Any state" },
	...mailStates.map((state) => ({ value: state, label: stateWords[state] })),
];
const noInput = {};
const refreshMs = 5_000;

/** Every mail that this installation wrote, and what became of it. */
export function Outbox() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const filter = filterFrom(url.get);
	const openId = url.get("open");
	const delivery = useQuery({ ...api.mail.delivery.queryOptions(noInput), refetchInterval: refreshMs });
	const list = usePages({
		key: api.mail.list.infiniteQueryKey(filter),
		read: (cursor) => client.mail.list.query({ ...filter, cursor }),
		everyMs: refreshMs,
	});
	const open = list.rows.find((row) => row.id === openId);
	const isFiltered = filter.filter !== undefined;
	return (
		<ScanPage>
			<PageHeader title="Outbox" up={{ href: "/system", label: "System" }}>
				{delivery.data ? describeDelivery(delivery.data) : null}
			</PageHeader>
			<FilterBar>
				<FilterText
					label="Whole address"
					value={filter.filter?.recipient?.eq ?? ""}
					onChange={(to) => url.set({ to, open: null })}
				/>
				<FilterSelect
					label="State"
					value={filter.filter?.state?.eq ?? ""}
					options={states}
					onChange={(state) => url.set({ state, open: null })}
				/>
			</FilterBar>
			<Split
				panel={
					open ? (
						<MailPanel
							key={open.id}
							mail={open}
							isSending={delivery.data?.server != null}
							onClose={() => url.set({ open: null })}
						/>
					) : null
				}
			>
				<DataTable
					label="Mails"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.subject}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconMail} title={isFiltered ? "No such mail" : "No mails yet"}>
							{isFiltered
								? "Take the filters away to see all of them."
								: "Inviting somebody, or asking for a new password, writes one."}
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}

function describeDelivery({ server, from, waiting, stuck }: MailDelivery): string {
	if (server === null)
		return "There is no mail server, so mails are kept here: open one and hand its link over yourself. SMTP_URL and QD_MAIL_FROM send them.";
	const open = [waiting > 0 ? `${counted(waiting, "mail")} waiting` : "", stuck > 0 ? `${stuck} not delivered` : ""];
	const rest = open.filter(Boolean).join(", ");
	return `Sent through ${server} as ${from}.${rest ? ` ${rest}.` : ""}`;
}
