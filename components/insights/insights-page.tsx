"use client";

import { IconDownload, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { csvType, saveFile } from "@/components/ui/save-file";
import { say } from "@/components/ui/say";
import { Tabs } from "@/components/ui/tabs";
import { useUrl } from "@/components/ui/use-url";
import {
	type Breakdown,
	breakdowns,
	type Insights,
	ownBreakdowns,
	type ReadInsights,
	spanNames,
} from "@/server/insights/contract";
import { askedFrom, breakdownWords, narrowedBy, ownAskedFrom, spanWords } from "./asked";
import { BreakdownTable } from "./breakdown";
import { Charts } from "./charts";
import styles from "./insights.module.css";

const refreshMs = 60_000;

export function OwnInsights() {
	const api = useApi();
	const asked = ownAskedFrom(useUrl().get);
	const query = useQuery({
		...api.insights.own.queryOptions(asked),
		refetchInterval: refreshMs,
		placeholderData: (last) => last,
	});
	return <InsightsView asked={asked} query={query} choices={ownBreakdowns} />;
}

export function EverybodysInsights() {
	const api = useApi();
	const asked = askedFrom(useUrl().get);
	const query = useQuery({
		...api.insights.everybody.queryOptions(asked),
		refetchInterval: refreshMs,
		placeholderData: (last) => last,
	});
	return <InsightsView asked={asked} query={query} choices={breakdowns} download={<Download asked={asked} />} />;
}

type View = {
	asked: ReadInsights;
	query: { data?: Insights | undefined; error: unknown; refetch: () => unknown };
	choices: readonly Breakdown[];
	download?: React.ReactNode;
};

/** What agents and models took and how well they did, over time and by whom. */
function InsightsView({ asked, query, choices, download }: View) {
	const url = useUrl();
	const path = usePathname();
	const maySeeAll = useMay("insights:read");
	const { data } = query;
	return (
		<ReadPage>
			<PageHeader title="Insights" actions={download}>
				What agents and models took, how fast they were and how often they failed. All times are in UTC.
			</PageHeader>
			{maySeeAll ? (
				<Tabs
					label="Insights"
					at={path}
					tabs={[
						{ href: "/insights", label: "Your own" },
						{ href: "/insights/everybody", label: "Everybody" },
					]}
				/>
			) : null}
			<FilterBar>
				<FilterSelect
					label="Time"
					value={asked.span}
					options={spanNames.map((value) => ({ value, label: spanWords[value] }))}
					onChange={(span) => url.set({ span })}
				/>
				<FilterSelect
					label="Broken down by"
					value={asked.by}
					options={choices.map((value) => ({ value, label: `By ${breakdownWords[value].toLowerCase()}` }))}
					onChange={(by) => url.set({ by })}
				/>
				{data?.only ? (
					<Button
						size="small"
						icon={IconX}
						onClick={() => url.set(Object.fromEntries(Object.values(narrowedBy).map((name) => [name, null])))}
					>
						Only {data.only}
					</Button>
				) : null}
				<TracesLink asked={asked} />
			</FilterBar>
			{query.error && !data ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{data ? (
				<>
					<Charts insights={data} />
					<section className={styles.section} aria-labelledby="breakdown">
						<h2 id="breakdown">By {breakdownWords[asked.by].toLowerCase()}</h2>
						<BreakdownTable
							by={asked.by}
							rows={data.breakdown}
							narrowTo={(subject) => url.set({ [narrowedBy[asked.by]]: subject })}
						/>
					</section>
				</>
			) : null}
		</ReadPage>
	);
}

const sinceOf = { "24h": "24", "7d": "168", "30d": "720", "90d": "" } as const satisfies Record<
	ReadInsights["span"],
	string
>;

/** Down to what the figures are made of; of a group and of a model's key there is no list of traces. */
function TracesLink({ asked: { span, agentId, userId } }: { asked: ReadInsights }) {
	const [mayRead, mayOversee] = [useMay("traces:read"), useMay("traces:oversee")];
	if (!mayRead || (userId && !mayOversee)) return null;
	const query = new URLSearchParams({
		...(sinceOf[span] ? { since: sinceOf[span] } : {}),
		...(agentId ? { agent: agentId } : {}),
		...(userId ? { user: userId } : {}),
	});
	return (
		<ButtonLink size="small" look="quiet" href={`/traces?${query}`}>
			Traces
		</ButtonLink>
	);
}

function Download({ asked }: { asked: ReadInsights }) {
	const client = useClient();
	const [isTaking, setTaking] = useState(false);
	const take = async () => {
		setTaking(true);
		try {
			const { name, content } = await client.insights.export.query(asked);
			saveFile(name, [content], csvType);
		} catch (error) {
			say(toFailure(error).message, "failed");
		}
		setTaking(false);
	};
	return (
		<Button icon={IconDownload} isBusy={isTaking} onClick={() => void take()}>
			Download CSV
		</Button>
	);
}
