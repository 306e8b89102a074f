"use client";

import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { ShareButton } from "@/components/access/share-button";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Theme } from "@/components/ui/theme";
import { Exactly } from "@/components/ui/time";
import type { RemoteDetail } from "@/server/remotes/contract";
import { RemoteState } from "./remote-state";
import { RemoteToolItem } from "./remote-tool";
import styles from "./remotes.module.css";

const RemoteForm = dynamic(() => import("./remote-form"), { ssr: false });

export function RemotePanel({ serverId, onClose }: { serverId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery(api.remotes.get.queryOptions({ serverId }));
	if (!query.data)
		return (
			<SidePanel title="MCP server" label="MCP server" onClose={onClose}>
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			</SidePanel>
		);
	return <Opened server={query.data} onClose={onClose} />;
}

function Opened({ server, onClose }: { server: RemoteDetail; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [isChanging, setChanging] = useState(false);
	const refreshAll = () => cache.invalidateQueries(api.remotes.pathFilter());
	const refresh = useMutation(
		api.remotes.refresh.mutationOptions({
			onSuccess: async (now) => {
				await refreshAll();
				say(now.problem ? `${now.name} has a problem` : `${now.name} answers: ${counted(now.toolCount, "tool")}`);
			},
		}),
	);
	const change = useMutation(api.remotes.change.mutationOptions({ onSuccess: refreshAll }));
	const remove = useMutation(
		api.remotes.remove.mutationOptions({
			onSuccess: async () => {
				onClose();
				await refreshAll();
				say(`${server.name} is disconnected`);
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Disconnect ${server.name}?`,
			text: "None of its tools can be used any more, and its token is forgotten.",
			action: "Disconnect",
		});
		if (isWanted) remove.mutate({ serverId: server.id });
	};
	const error = refresh.error ?? change.error ?? remove.error;
	return (
		<SidePanel
			title={server.name}
			label="MCP server"
			onClose={onClose}
			actions={
				<Button
					size="small"
					icon={IconRefresh}
					isBusy={refresh.isPending}
					onClick={() => refresh.mutate({ serverId: server.id })}
				>
					Test and refresh
				</Button>
			}
		>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
			{server.problem ? <p className={styles.problem}>{server.problem}</p> : null}
			<Facts>
				<Fact name="State">
					<RemoteState server={server} />
				</Fact>
				<Fact name="Address">
					<code className={styles.address}>{server.address}</code>
				</Fact>
				<Fact name="Who may use it">
					{server.access === "everyone" ? "Everyone who may use such tools" : "Only whom it is shared with"}
				</Fact>
				<Fact name="Token">{server.hasToken ? "One is kept sealed" : "None"}</Fact>
				<Fact name="Calls itself">{server.about ? `${server.about.name} ${server.about.version}` : null}</Fact>
				<Fact name="Asked">{server.checkedAt ? <Exactly at={server.checkedAt} /> : "Never"}</Fact>
				<Fact name="Server id">
					<CopyId value={server.id} label="server id" length={36} />
				</Fact>
			</Facts>
			<div className={styles.acts}>
				<ShareButton kind="mcpServer" resourceId={server.id} />
				<Button size="small" onClick={() => setChanging(true)}>
					Change
				</Button>
				<Button
					size="small"
					isBusy={change.isPending}
					onClick={() => change.mutate({ serverId: server.id, isEnabled: !server.isEnabled, basedOn: server.revision })}
				>
					{server.isEnabled ? "Turn off" : "Turn on"}
				</Button>
				<Button size="small" look="danger" isBusy={remove.isPending} onClick={() => void ask()}>
					Disconnect
				</Button>
			</div>
			<PanelSection title={`Tools (${server.tools.length})`}>
				<Theme>
					{server.tools.length === 0 ? (
						<p className={styles.hint}>It lists none. Test it again once it does.</p>
					) : (
						<ul className={styles.tools}>
							{server.tools.map((tool) => (
								<RemoteToolItem key={`${tool.id} ${tool.hash}`} tool={tool} />
							))}
						</ul>
					)}
				</Theme>
			</PanelSection>
			{isChanging ? (
				<RemoteForm server={server} onClose={() => setChanging(false)} onSaved={() => setChanging(false)} />
			) : null}
		</SidePanel>
	);
}
