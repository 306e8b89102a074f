"use client";

import { IconClock, IconPlus, IconWebhook } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { AgentPage } from "@/components/agents/agent-page";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { TriggerCard } from "./trigger-card";
import styles from "./triggers.module.css";

const ScheduleForm = dynamic(() => import("./schedule-form"), { ssr: false });
const WebhookForm = dynamic(() => import("./webhook-form"), { ssr: false });

/** What asks an agent by itself. */
export function TriggerPage({ agentId }: { agentId: string }) {
	const mayWrite = useMay("triggers:write");
	const [adding, setAdding] = useState<"schedule" | "webhook" | null>(null);
	const acts = (
		<>
			<Button icon={IconWebhook} onClick={() => setAdding("webhook")}>
				Add webhook
			</Button>
			<Button look="primary" icon={IconPlus} onClick={() => setAdding("schedule")}>
				Add schedule
			</Button>
		</>
	);
	const onClose = () => setAdding(null);
	return (
		<AgentPage
			agentId={agentId}
			at="/triggers"
			isForAll
			actions={(agent) => (mayWrite && agent.version !== null ? acts : null)}
		>
			{(agent) => (
				<>
					<Triggers agentId={agentId} isPublished={agent.version !== null} />
					{adding === "schedule" ? <ScheduleForm agentId={agentId} onClose={onClose} /> : null}
					{adding === "webhook" ? <WebhookForm agentId={agentId} onClose={onClose} /> : null}
				</>
			)}
		</AgentPage>
	);
}

const idleMs = 30_000;

function Triggers({ agentId, isPublished }: { agentId: string; isPublished: boolean }) {
	const api = useApi();
	const input = { filter: { agentId: { eq: agentId } }, limit: 200 } as const;
	const list = useQuery({ ...api.triggers.list.queryOptions(input), refetchInterval: idleMs });
	if (!list.data)
		return list.error ? <ErrorView failure={toFailure(list.error)} retry={() => void list.refetch()} /> : null;
	if (list.data.rows.length === 0)
		return (
			<Empty icon={IconClock} title="Nothing asks it by itself yet">
				{isPublished
					? "Add a schedule, and it is asked at certain times. Add a webhook, and another program can ask it by a signed call. Either way the answers are yours, with your rights and from your budget."
					: "Publish the agent first: what nobody can ask, no schedule can."}
			</Empty>
		);
	return (
		<ul className={styles.triggers} aria-label="Schedules and webhooks">
			{list.data.rows.map((trigger) => (
				<li key={trigger.id}>
					<TriggerCard trigger={trigger} />
				</li>
			))}
		</ul>
	);
}
