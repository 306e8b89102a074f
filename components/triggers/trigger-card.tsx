"use client";

import {
	IconClock,
	IconKey,
	IconPencil,
	IconPlayerPause,
	IconPlayerPlay,
	IconPlayerTrackNext,
	IconTrash,
	IconWebhook,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { Trigger, WebhookSecret } from "@/server/triggers/contract";
import { TriggerCalls } from "./trigger-calls";
import styles from "./triggers.module.css";

const ScheduleForm = dynamic(() => import("./schedule-form"), { ssr: false });
const WebhookForm = dynamic(() => import("./webhook-form"), { ssr: false });
const HookSecret = dynamic(() => import("./hook-secret"), { ssr: false });

/** One of them: when it comes, for whom, and what came of it last. */
export function TriggerCard({ trigger }: { trigger: Trigger }) {
	const { kind, lastAt, lastRefusal, refusedAt } = trigger;
	return (
		<article className={styles.card} aria-label={trigger.name}>
			<header className={styles.head}>
				<h2>{trigger.name}</h2>
				<Badge icon={kind === "schedule" ? IconClock : IconWebhook}>
					{kind === "schedule" ? "Schedule" : "Webhook"}
				</Badge>
				{trigger.isPaused ? (
					<Badge tone="amber" icon={IconPlayerPause}>
						Paused
					</Badge>
				) : null}
			</header>
			{trigger.question ? <p className={styles.question}>{trigger.question}</p> : null}
			<p className={styles.facts}>
				{trigger.cron ? (
					<span>
						<code>{trigger.cron}</code> {trigger.timeZone}
					</span>
				) : null}
				{trigger.nextAt && !trigger.isPaused ? (
					<span>
						Next <When at={trigger.nextAt} />
					</span>
				) : null}
				<span>For {trigger.isOwn ? "you" : trigger.ownerName}, with that person’s rights of the moment</span>
				<span>
					{lastAt ? (
						<>
							Last came <When at={lastAt} />
						</>
					) : (
						"Never came yet"
					)}
				</span>
				{trigger.formerUntil ? (
					<span>
						The secret before holds until <When at={trigger.formerUntil} />
					</span>
				) : null}
			</p>
			{trigger.path ? <Address path={trigger.path} /> : null}
			{lastRefusal ? <p className={styles.reason}>Nothing was started last time: {lastRefusal}</p> : null}
			{refusedAt ? (
				<p className={styles.facts}>
					<span>
						Refused a call <When at={refusedAt} />: {trigger.refusedBecause}
					</span>
				</p>
			) : null}
			<Acts trigger={trigger} />
			{lastAt ? <TriggerCalls trigger={trigger} /> : null}
		</article>
	);
}

function Address({ path }: { path: string }) {
	const origin = typeof window === "undefined" ? "" : window.location.origin;
	return (
		<p className={styles.address}>
			<code suppressHydrationWarning>
				POST {origin}
				{path}
			</code>
			<CopyText text={`${origin}${path}`} label="Copy the address" />
		</p>
	);
}

function Acts({ trigger }: { trigger: Trigger }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayWrite = useMay("triggers:write");
	const [isChanging, setChanging] = useState(false);
	const [made, setMade] = useState<WebhookSecret | null>(null);
	const onSuccess = () => cache.invalidateQueries(api.triggers.pathFilter());
	const change = useMutation(api.triggers.change.mutationOptions({ onSuccess }));
	const remove = useMutation(api.triggers.remove.mutationOptions({ onSuccess }));
	const start = useMutation(
		api.triggers.start.mutationOptions({ onSuccess: () => say("It was asked"), onSettled: onSuccess }),
	);
	const rotate = useMutation(
		api.triggers.rotate.mutationOptions({
			onSuccess: async (answer) => {
				setMade(answer);
				await onSuccess();
			},
		}),
	);
	const { id: triggerId, isPaused, isOwn, kind, revision } = trigger;
	const error = [change, remove, start, rotate].find((one) => one.error)?.error;
	if (!mayWrite) return null;
	const takeAway = async () => {
		const isWanted = await confirm({
			title: `Remove ${trigger.name}?`,
			text: "It starts nothing any more. The chats that it began stay.",
			action: "Remove",
		});
		if (isWanted) remove.mutate({ triggerId });
	};
	const renew = async () => {
		const isWanted = await confirm({
			title: "Make another secret?",
			text: "It is shown once. The present one holds for another 24 hours, so that its caller can change over.",
			action: "Make another secret",
			tone: "plain",
		});
		if (isWanted) rotate.mutate({ triggerId });
	};
	const Form = kind === "schedule" ? ScheduleForm : WebhookForm;
	return (
		<>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
			<div className={styles.acts}>
				{isOwn ? (
					<Button
						size="small"
						icon={IconPlayerTrackNext}
						isBusy={start.isPending}
						onClick={() => start.mutate({ triggerId })}
					>
						Start now
					</Button>
				) : null}
				{isOwn || !isPaused ? (
					<Button
						size="small"
						icon={isPaused ? IconPlayerPlay : IconPlayerPause}
						isBusy={change.isPending}
						onClick={() => change.mutate({ triggerId, isPaused: !isPaused, basedOn: revision })}
					>
						{isPaused ? "Resume" : "Pause"}
					</Button>
				) : null}
				{isOwn ? (
					<Button size="small" icon={IconPencil} onClick={() => setChanging(true)}>
						Change
					</Button>
				) : null}
				{isOwn && kind === "webhook" ? (
					<Button size="small" icon={IconKey} isBusy={rotate.isPending} onClick={() => void renew()}>
						New secret
					</Button>
				) : null}
				<Button size="small" look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void takeAway()}>
					Remove
				</Button>
			</div>
			{isChanging ? <Form agentId={trigger.agentId} trigger={trigger} onClose={() => setChanging(false)} /> : null}
			{made ? <HookSecret made={made} onClose={() => setMade(null)} /> : null}
		</>
	);
}
