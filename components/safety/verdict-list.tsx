"use client";

import { IconShieldSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Badge } from "@/components/ui/badge";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { actions, foundInWords, places, type Verdict, type VerdictCounts } from "@/server/safety/contract";
import { filterFrom } from "./filter";
import { SafetyTabs } from "./safety-tabs";
import { VerdictPanel } from "./verdict-panel";
import { actionTones, actionWords, placeWords } from "./words";

const columns: Column<Verdict>[] = [
	{ key: "policy", title: "Policy", width: 220, cell: (row) => row.policy },
	{
		key: "action",
		title: "What came of it",
		width: 124,
		cell: (row) => <Badge tone={actionTones[row.action]}>{actionWords[row.action]}</Badge>,
	},
	{ key: "place", title: "Where", width: 150, from: "middle", cell: (row) => placeWords[row.place] },
	{ key: "found", title: "Found", from: "middle", cell: (row) => foundInWords(row.found) },
	{ key: "agent", title: "Agent", width: 150, from: "wide", cell: (row) => row.agentName ?? "–" },
	{ key: "at", title: "When", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];
const anyPlace = [{ value: "", label: "Anywhere" }, ...places.map((value) => ({ value, label: placeWords[value] }))];
const anyAction = [
	{ value: "", label: "Whatever came of it" },
	...actions.map((value) => ({ value, label: actionWords[value] })),
];
const lately = { days: 7 };

/** What the policies found, newest first, and how often. */
export function VerdictList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const filter = filterFrom(url.get);
	const openId = url.get("open");
	const counts = useQuery(api.safety.count.queryOptions(lately));
	const policies = useQuery(api.safety.list.queryOptions({ limit: 200 }));
	const list = usePages({
		key: api.safety.listVerdicts.infiniteQueryKey(filter),
		read: (cursor) => client.safety.listVerdicts.query({ ...filter, cursor }),
	});
	const open = list.rows.find((row) => row.id === openId);
	const isFiltered = filter.filter !== undefined;
	return (
		<ScanPage>
			<PageHeader title="Safety">{counts.data ? inWords(counts.data) : null}</PageHeader>
			<SafetyTabs />
			<FilterBar>
				<FilterSelect
					label="Policy"
					value={filter.filter?.policyId?.eq ?? ""}
					options={[
						{ value: "", label: "Any policy" },
						...(policies.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name })),
					]}
					onChange={(policy) => url.set({ policy, open: null })}
				/>
				<FilterSelect
					label="Where"
					value={filter.filter?.place?.eq ?? ""}
					options={anyPlace}
					onChange={(place) => url.set({ place, open: null })}
				/>
				<FilterSelect
					label="What came of it"
					value={filter.filter?.action?.eq ?? ""}
					options={anyAction}
					onChange={(action) => url.set({ action, open: null })}
				/>
			</FilterBar>
			<Split
				panel={open ? <VerdictPanel key={open.id} verdict={open} onClose={() => url.set({ open: null })} /> : null}
			>
				<DataTable
					label="Findings"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => `${placeWords[row.place]}: ${foundInWords(row.found)}`}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconShieldSearch} title={isFiltered ? "No such findings" : "No findings yet"}>
							{isFiltered
								? "Take the filters away to see all of them."
								: "What a policy finds in questions, passages, tools and answers stands here."}
						</Empty>
					}
				/>
			</Split>
		</ScanPage>
	);
}

function inWords({ counts: rows }: VerdictCounts): string {
	const sum = (action: string) =>
		rows.filter((row) => row.action === action).reduce((total, { count }) => total + count, 0);
	const parts = actions.map((action) => [actionWords[action].toLowerCase(), sum(action)] as const);
	const total = parts.reduce((all, [, count]) => all + count, 0);
	if (total === 0) return "Nothing was found in the last 7 days.";
	const each = parts.filter(([, count]) => count > 0).map(([word, count]) => `${count} ${word}`);
	return `${counted(total, "finding")} in the last 7 days: ${each.join(", ")}.`;
}
