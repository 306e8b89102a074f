"use client";

import { IconMessageReport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { AgentsTabs } from "@/components/agents/agents-tabs";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { ButtonLink } from "@/components/ui/button-link";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type Feedback, feedbackReasons } from "@/server/feedback/contract";
import { FeedbackPanel } from "./feedback-panel";
import { filterFrom } from "./filter";
import { ThumbBadge } from "./thumb-badge";
import { reasonWords } from "./words";

const columns: Column<Feedback>[] = [
	{ key: "question", title: "Question", cell: (row) => row.question ?? "In a chat of somebody else's" },
	{ key: "thumb", title: "Answer", width: 92, cell: (row) => <ThumbBadge thumb={row.thumb} /> },
	{
		key: "reason",
		title: "Why",
		width: 200,
		from: "middle",
		cell: (row) => (row.reason ? reasonWords[row.reason] : "–"),
	},
	{ key: "correction", title: "What it should say", from: "wide", cell: (row) => row.correction ?? "–" },
	{ key: "agent", title: "Agent", width: 150, from: "middle", cell: (row) => row.agentName },
	{ key: "who", title: "By", width: 140, from: "wide", cell: (row) => row.userName },
	{ key: "at", title: "Said", width: 96, align: "end", from: "narrow", cell: (row) => <When at={row.updatedAt} /> },
];
const thumbOptions = [
	{ value: "", label: "Good and bad" },
	{ value: "up", label: "Good" },
	{ value: "down", label: "Bad" },
];
const reasonOptions = [
	{ value: "", label: "Any reason" },
	...feedbackReasons.map((reason) => ({ value: reason, label: reasonWords[reason] })),
];

/** What people said of the answers of the agents that one manages. */
export function FeedbackList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const asked = filterFrom(url.get);
	const openId = url.get("open");
	const agents = useQuery(api.agents.list.queryOptions({ limit: 200 }));
	const managed = agents.data?.rows.filter(({ mayManage }) => mayManage) ?? [];
	const list = usePages({
		key: api.feedback.list.infiniteQueryKey(asked),
		read: (cursor) => client.feedback.list.query({ ...asked, cursor }),
	});
	const choose = (name: string) => (value: string) => url.set({ [name]: value || null, open: null });
	return (
		<ScanPage>
			<PageHeader title="Feedback">
				What people said of the answers of the agents that you manage, and what they should have said.
			</PageHeader>
			<AgentsTabs />
			<FilterBar>
				<FilterSelect label="Answer" value={url.get("thumb") ?? ""} options={thumbOptions} onChange={choose("thumb")} />
				<FilterSelect
					label="Reason"
					value={url.get("reason") ?? ""}
					options={reasonOptions}
					onChange={choose("reason")}
				/>
				<FilterSelect
					label="Agent"
					value={url.get("agent") ?? ""}
					options={[{ value: "", label: "Any agent" }, ...managed.map(({ id, name }) => ({ value: id, label: name }))]}
					onChange={choose("agent")}
				/>
			</FilterBar>
			<Split
				panel={
					openId ? <FeedbackPanel key={openId} feedbackId={openId} onClose={() => url.set({ open: null })} /> : null
				}
			>
				<DataTable
					label="Feedback"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => (
						<>
							{row.reason ? `${reasonWords[row.reason]} · ` : ""}
							{row.userName}
						</>
					)}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty
							icon={IconMessageReport}
							title={asked.filter ? "Nothing like this" : "Nobody said anything yet"}
							action={<ButtonLink href="/chat">Ask something</ButtonLink>}
						>
							Under each answer there is a thumb for good and one for bad. What people press stands here.
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}
