"use client";

import { IconDownload, IconForms, IconMessageCircle, IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { ShareButton } from "@/components/access/share-button";
import { KeptAnswers } from "@/components/answers/kept-answers";
import { changeOutbox } from "@/components/chat/outbox";
import { newThreadKey } from "@/components/chat/use-conversation";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { saveFile } from "@/components/ui/save-file";
import { say } from "@/components/ui/say";
import type { Agent } from "@/server/agents/contract";
import { AgentPage } from "./agent-page";
import styles from "./agents.module.css";
import { DefinitionFacts } from "./definition-facts";
import { DraftCard } from "./draft-card";

const AgentForm = dynamic(() => import("./agent-form"), { ssr: false });

/** What answers, and what somebody has in mind for it next. */
export function DefinitionPage({ agentId }: { agentId: string }) {
	const [isEditing, setEditing] = useState(false);
	return (
		<AgentPage agentId={agentId} at="" actions={(agent) => <Actions agent={agent} onEdit={() => setEditing(true)} />}>
			{(agent) => (
				<>
					{agent.hasDraft ? <DraftCard agent={agent} onEdit={() => setEditing(true)} /> : null}
					{agent.version === null ? null : (
						<section className={styles.section} aria-labelledby="answers">
							<h2 id="answers">Version {agent.version}, which answers</h2>
							<DefinitionFacts of={agent} />
							{agent.needsReview ? (
								<p>What changes this agent is approved by somebody who did not write it, before it is published.</p>
							) : null}
						</section>
					)}
					{agent.version !== null && agent.answering.cacheMinutes !== undefined ? (
						<KeptAnswers agentId={agent.id} />
					) : null}
					{isEditing ? <Editing agent={agent} onClose={() => setEditing(false)} /> : null}
				</>
			)}
		</AgentPage>
	);
}

/** The form begins with the draft, where there is one. */
function Editing({ agent, onClose }: { agent: Agent; onClose: () => void }) {
	const api = useApi();
	const draft = useQuery({ ...api.agents.getDraft.queryOptions({ agentId: agent.id }), enabled: agent.hasDraft });
	if (agent.hasDraft && !draft.data) return null;
	return <AgentForm agent={agent} draft={agent.hasDraft ? draft.data : undefined} onClose={onClose} />;
}

function Actions({ agent, onEdit }: { agent: Agent; onEdit: () => void }) {
	const router = useRouter();
	const client = useClient();
	const mayAsk = useMay("runs:write") && agent.version !== null;
	const ask = () => {
		changeOutbox(newThreadKey, () => ({ agentId: agent.id }));
		router.push("/chat");
	};
	const take = async () => {
		try {
			const document = await client.agents.export.query({ agentId: agent.id });
			download(`${agent.name}.agent.json`, `${JSON.stringify(document, null, "\t")}\n`);
		} catch (error) {
			say(toFailure(error).message, "failed");
		}
	};
	return (
		<>
			{mayAsk && agent.graph === "extract" ? (
				<ButtonLink icon={IconForms} href={`/extractions?new=1&agent=${agent.id}`}>
					Extract
				</ButtonLink>
			) : null}
			{mayAsk && agent.graph !== "extract" ? (
				<Button icon={IconMessageCircle} onClick={ask}>
					Ask
				</Button>
			) : null}
			<ShareButton kind="agent" resourceId={agent.id} />
			<Button icon={IconDownload} onClick={() => void take()}>
				Export
			</Button>
			<Button look="primary" icon={IconPencil} onClick={onEdit}>
				{agent.hasDraft ? "Go on with the draft" : "Change"}
			</Button>
		</>
	);
}

function download(name: string, text: string): void {
	saveFile(name, [text], "application/json");
}
