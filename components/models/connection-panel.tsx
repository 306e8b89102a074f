"use client";

import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { duration } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { ConnectionDetail } from "@/server/models/contract";
import { ModelItem } from "./model-item";
import styles from "./models.module.css";
import { kindWords } from "./money";

const ConnectionForm = dynamic(() => import("./connection-form"), { ssr: false });
const ModelForm = dynamic(() => import("./model-form"), { ssr: false });

export function ConnectionPanel({ connectionId, onClose }: { connectionId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery(api.models.getConnection.queryOptions({ connectionId }));
	if (!query.data)
		return (
			<SidePanel title="Connection" label="Connection" onClose={onClose}>
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			</SidePanel>
		);
	return <Opened connection={query.data} onClose={onClose} />;
}

function Opened({ connection, onClose }: { connection: ConnectionDetail; onClose: () => void }) {
	const mayManage = useMay("models:manage");
	const [isAdding, setAdding] = useState(false);
	const add = (
		<Button size="small" icon={IconPlus} onClick={() => setAdding(true)}>
			Add model
		</Button>
	);
	return (
		<SidePanel title={connection.name} label="Connection" onClose={onClose} actions={mayManage ? add : null}>
			<Facts>
				<Fact name="State">
					{connection.isEnabled ? (
						<Badge tone="accent" isPlain>
							On
						</Badge>
					) : (
						<Badge isPlain>Off: its models are not asked</Badge>
					)}
				</Fact>
				<Fact name="Speaks">{kindWords[connection.kind]}</Fact>
				<Fact name="Address">
					<code className={styles.address}>{connection.address}</code>
				</Fact>
				<Fact name="Key">{connection.hasKey ? "One is kept sealed" : "None"}</Fact>
				<Fact name="Requests at once">{connection.concurrency}</Fact>
				<Fact name="Waits at most">
					{duration(connection.firstTokenMs)} for a first word, {duration(connection.idleMs)} between two,{" "}
					{duration(connection.totalMs)} for all
				</Fact>
				<Fact name="Tried by itself">{connection.isProbed ? "Where nobody asks it for 15 minutes" : "No"}</Fact>
				<Fact name="Since">
					<Exactly at={connection.createdAt} />
				</Fact>
				<Fact name="Connection id">
					<CopyId value={connection.id} label="connection id" length={36} />
				</Fact>
			</Facts>
			{mayManage ? <Acts connection={connection} onClose={onClose} /> : null}
			<PanelSection title={`Models (${connection.models.length})`}>
				{connection.models.length === 0 ? (
					<p className={styles.hint}>
						{mayManage ? "None yet. Add one by the name that its provider calls it." : "None yet."}
					</p>
				) : (
					<ul className={styles.models}>
						{connection.models.map((model) => (
							<ModelItem key={model.id} model={model} />
						))}
					</ul>
				)}
			</PanelSection>
			{isAdding ? <ModelForm connectionId={connection.id} onClose={() => setAdding(false)} /> : null}
		</SidePanel>
	);
}

function Acts({ connection, onClose }: { connection: ConnectionDetail; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [isChanging, setChanging] = useState(false);
	const refreshAll = () => cache.invalidateQueries(api.models.pathFilter());
	const change = useMutation(api.models.changeConnection.mutationOptions({ onSuccess: refreshAll }));
	const remove = useMutation(
		api.models.removeConnection.mutationOptions({
			onSuccess: async () => {
				onClose();
				await refreshAll();
				say(`${connection.name} is removed`);
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Remove ${connection.name}?`,
			text: "Its models and prices go with it, and its key is forgotten. What runs took stays written down.",
			action: "Remove",
		});
		if (isWanted) remove.mutate({ connectionId: connection.id });
	};
	const error = change.error ?? remove.error;
	return (
		<>
			<div className={styles.acts}>
				<Button size="small" onClick={() => setChanging(true)}>
					Change
				</Button>
				<Button
					size="small"
					isBusy={change.isPending}
					onClick={() =>
						change.mutate({
							connectionId: connection.id,
							isEnabled: !connection.isEnabled,
							basedOn: connection.revision,
						})
					}
				>
					{connection.isEnabled ? "Turn off" : "Turn on"}
				</Button>
				<Button size="small" look="danger" isBusy={remove.isPending} onClick={() => void ask()}>
					Remove
				</Button>
			</div>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
			{isChanging ? (
				<ConnectionForm connection={connection} onClose={() => setChanging(false)} onSaved={() => setChanging(false)} />
			) : null}
		</>
	);
}
