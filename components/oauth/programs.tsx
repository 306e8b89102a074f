"use client";

import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { NewProgram, Program } from "@/server/oauth/contract";
import { ProgramPanel } from "./program-panel";
import { ProgramState } from "./program-state";

const ProgramForm = dynamic(() => import("./program-form"), { ssr: false });
const ProgramMade = dynamic(() => import("./program-made"), { ssr: false });

const hostOf = (address: string | undefined): string => URL.parse(address ?? "")?.host ?? "";

const columns: Column<Program>[] = [
	{ key: "name", title: "Name", cell: (row) => row.name },
	{
		key: "back",
		title: "Answers to",
		width: 220,
		from: "middle",
		cell: (row) => <code>{hostOf(row.redirectUris[0])}</code>,
	},
	{ key: "by", title: "Registered by", width: 160, from: "middle", cell: (row) => row.createdBy?.name ?? "itself" },
	{ key: "state", title: "State", width: 116, cell: (row) => <ProgramState program={row} /> },
	{ key: "let", title: "Let in", width: 110, from: "narrow", cell: (row) => counted(row.sessions, "time") },
	{
		key: "used",
		title: "Last let in",
		width: 110,
		align: "end",
		from: "narrow",
		cell: (row) => (row.lastUsedAt ? <When at={row.lastUsedAt} /> : "Never"),
	},
];

/** Programs that may ask people for access, for who manages them. */
export function Programs() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const openId = url.get("open");
	const [isMaking, setMaking] = useState(false);
	const [made, setMade] = useState<NewProgram | null>(null);
	const list = usePages({
		key: api.oauth.listPrograms.infiniteQueryKey({}),
		read: (cursor) => client.oauth.listPrograms.query({ cursor }),
	});
	const open = list.rows.find((row) => row.id === openId);
	const make = (
		<Button look="primary" icon={IconPlus} onClick={() => setMaking(true)}>
			Register program
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="Programs"
				up={{ href: "/system", label: "System" }}
				actions={list.rows.length > 0 ? make : undefined}
			>
				Programs that may ask people for access to the MCP address. What a person lets one do is between the two, and
				never more than the person may.
			</PageHeader>
			<Split
				panel={open ? <ProgramPanel key={open.id} program={open} onClose={() => url.set({ open: null })} /> : null}
			>
				<DataTable
					label="Programs"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => hostOf(row.redirectUris[0])}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconPlugConnected} title="No programs yet" action={make}>
							Register one with the address that it wants its answer at; its makers say which. Then people connect it
							themselves, and see what it asks for.
						</Empty>
					}
				/>
			</Split>
			{isMaking ? (
				<ProgramForm
					onClose={() => setMaking(false)}
					onMade={(program) => {
						setMaking(false);
						setMade(program);
					}}
				/>
			) : null}
			{made ? <ProgramMade made={made} onClose={() => setMade(null)} /> : null}
		</ScanPage>
	);
}
