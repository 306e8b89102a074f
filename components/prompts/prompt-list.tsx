"use client";

import { IconPlus, IconPrompt } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Prompt } from "@/server/prompts/contract";

const PromptForm = dynamic(() => import("./prompt-form"), { ssr: false });

const columns: Column<Prompt>[] = [
	{ key: "name", title: "Name", cell: (row) => <Link href={`/prompts/${row.id}`}>{row.name}</Link> },
	{ key: "body", title: "Begins", from: "middle", cell: (row) => row.body.slice(0, 160) },
	{
		key: "labels",
		title: "Labels",
		from: "narrow",
		cell: (row) => row.labels.map(({ name, version }) => `${name} ${version}`).join(", "),
	},
	{ key: "version", title: "Version", width: 84, align: "end", cell: (row) => figure(row.latestVersion) },
	{
		key: "changed",
		title: "Changed",
		width: 120,
		align: "end",
		from: "narrow",
		cell: (row) => <When at={row.updatedAt} />,
	},
];

/** What agents are told, each with all its versions. */
export function PromptList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayWrite = useMay("prompts:write");
	const list = usePages({
		key: api.prompts.list.infiniteQueryKey({}),
		read: (cursor) => client.prompts.list.query({ cursor }),
	});
	const newButton = (
		<Button look="primary" icon={IconPlus} onClick={() => url.set({ new: "1" })}>
			New prompt
		</Button>
	);
	return (
		<ReadPage>
			<PageHeader
				title="Prompts"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "prompt") : undefined}
				actions={mayWrite ? newButton : undefined}
			>
				What agents are told. Saving makes a new version; agents keep the one they were given, or follow a label.
			</PageHeader>
			<DataTable
				label="Prompts"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) =>
					row.labels.length > 0 ? (
						row.labels.map(({ name, version }) => `${name} ${version}`).join(", ")
					) : (
						<When at={row.updatedAt} />
					)
				}
				empty={
					<Empty icon={IconPrompt} title="No prompts yet" action={mayWrite ? newButton : undefined}>
						Without one, agents use the built-in prompt.
					</Empty>
				}
			/>
			{mayWrite && url.get("new") ? <PromptForm onClose={() => url.set({ new: null })} /> : null}
		</ReadPage>
	);
}
