"use client";

import { IconArchive, IconClock, IconForms, IconMessageCircle, IconVersions } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { ShareButton } from "@/components/access/share-button";
import { changeOutbox } from "@/components/chat/outbox";
import { newThreadKey } from "@/components/chat/use-conversation";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { CopyId } from "@/components/ui/copy";
import { Link } from "@/components/ui/link";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Agent } from "@/server/agents/contract";
import styles from "./agents.module.css";
import { capsOf, collectionsOf, extractsOf, graphWords, modelOf, promptOf, windowOf } from "./facts";

/** One agent: what it is made of; ask it, change it, put it away. */
export function AgentPanel({ agent, onClose }: { agent: Agent; onClose: () => void }) {
	const router = useRouter();
	const mayWrite = useMay("agents:write") && agent.mayManage;
	const maySchedule = useMay("triggers:write");
	const mayAsk = useMay("runs:write") && agent.version !== null;
	const ask = () => {
		changeOutbox(newThreadKey, () => ({ agentId: agent.id }));
		router.push("/chat");
	};
	return (
		<SidePanel title={agent.name} label="Agent" onClose={onClose}>
			<div className={styles.actions}>
				{mayAsk && agent.graph === "extract" ? (
					<ButtonLink icon={IconForms} href={`/extractions?new=1&agent=${agent.id}`}>
						Extract
					</ButtonLink>
				) : null}
				{mayAsk && agent.graph !== "extract" ? (
					<Button icon={IconMessageCircle} onClick={ask}>
						Ask this agent
					</Button>
				) : null}
				{mayWrite ? (
					<ButtonLink icon={IconVersions} href={`/agents/${agent.id}`}>
						Open
					</ButtonLink>
				) : null}
				{maySchedule && !mayWrite ? (
					<ButtonLink icon={IconClock} href={`/agents/${agent.id}/triggers`}>
						Schedules
					</ButtonLink>
				) : null}
				{mayWrite ? <ShareButton kind="agent" resourceId={agent.id} /> : null}
				{mayWrite && !agent.isDefault ? <Archive agent={agent} onDone={onClose} /> : null}
			</div>
			{agent.description ? <p>{agent.description}</p> : null}
			<Facts>
				<Fact name="Version">
					{agent.version === null
						? "None yet: it is a draft"
						: `${agent.version}${agent.hasDraft ? ", and a draft" : ""}`}
				</Fact>
				<Fact name="Extracts">{extractsOf(agent)}</Fact>
				<Fact name="Answers fit">{agent.answerSchema ? "A JSON Schema" : null}</Fact>
				<Fact name="Prompt">{promptOf(agent)}</Fact>
				<Fact name="Model">{modelOf(agent)}</Fact>
				<Fact name="Looks in">{collectionsOf(agent)}</Fact>
				<Fact name="Tools">
					{agent.tools.length > 0
						? agent.tools.join(", ")
						: agent.graph === "extract"
							? ""
							: "None: it answers from documents only"}
				</Fact>
				<Fact name="Waits for approval">{agent.approvalTools.join(", ")}</Fact>
				<Fact name="A run takes at most">{capsOf(agent) || "What the installation allows"}</Fact>
				<Fact name="Shares of the window">{windowOf(agent)}</Fact>
				<Fact name="Default">{agent.isDefault ? "Yes: it answers where nobody was chosen" : "No"}</Fact>
				<Fact name="Owner">{agent.ownerName ?? "The installation"}</Fact>
				<Fact name="Can be asked by">
					{agent.access === "everyone" ? "Everyone" : "Its owner, and whom they shared it with"}
				</Fact>
				<Fact name="How it works">{graphWords[agent.graph]}</Fact>
				<Fact name="Changed">
					<Exactly at={agent.updatedAt} />
				</Fact>
				<Fact name="Made">
					<Exactly at={agent.createdAt} />
				</Fact>
				<Fact name="Id">
					<CopyId value={agent.id} label="agent id" length={36} />
				</Fact>
			</Facts>
			{agent.collectionIds ? <Collections ids={agent.collectionIds} /> : null}
		</SidePanel>
	);
}

function Collections({ ids }: { ids: string[] }) {
	const api = useApi();
	const query = useQuery(api.knowledge.listCollections.queryOptions({ limit: 200 }));
	const rows = query.data?.rows.filter((collection) => ids.includes(collection.id)) ?? [];
	const hidden = query.data ? ids.length - rows.length : 0;
	return (
		<PanelSection title="Collections">
			<ul className={styles.collections}>
				{rows.map((collection) => (
					<li key={collection.id}>
						<Link href={`/knowledge/${collection.id}`}>{collection.name}</Link>
					</li>
				))}
				{hidden > 0 ? <li>{hidden} more that you may not read</li> : null}
			</ul>
		</PanelSection>
	);
}

function Archive({ agent, onDone }: { agent: Agent; onDone: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const archive = useMutation(
		api.agents.archive.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.agents.pathFilter());
				say(`${agent.name} was archived`);
				onDone();
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Archive ${agent.name}?`,
			text: "Nobody can ask it any more. Chats with it can still be read.",
			action: "Archive agent",
		});
		if (isWanted) archive.mutate({ agentId: agent.id });
	};
	return (
		<Button look="danger" icon={IconArchive} isBusy={archive.isPending} onClick={() => void ask()}>
			Archive
		</Button>
	);
}
