"use client";

import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button, IconButton } from "@/components/ui/button";
import { counted } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { type CollectionChange, type Document, type SteerDocuments, workStates } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";

type Total = CollectionChange["total"];
type Action = SteerDocuments["action"];

/** Documents that are under way. */
export const leftOf = ({ all, ready, failed, paused, cancelled }: Total): number =>
	all - ready - failed - paused - cancelled;

const done = { pause: "paused", resume: "going on", cancel: "cancelled", retry: "tried again" } as const;

/** Does it with all, some at a time, until none is left. The page hears of each change by its stream. */
function useSteer(collectionId: string) {
	const client = useClient();
	return useMutation({
		mutationFn: async ({ action, documentIds }: { action: Action; documentIds?: string[] }) => {
			let changed = 0;
			for (;;) {
				const step = await client.knowledge.steerDocuments.mutate({ collectionId, action, documentIds });
				changed += step.changed;
				if (step.left === 0 || step.changed === 0) return { action, changed };
			}
		},
		onSuccess: ({ action, changed }) => say(`${counted(changed, "document")} ${done[action]}`),
		onError: (error) => say(toFailure(error).message, "failed"),
	});
}

/** Pause, resume, cancel and retry for all of the collection at once. */
export function SteerAll({ collectionId, total }: { collectionId: string; total: Total }) {
	const steer = useSteer(collectionId);
	const left = leftOf(total);
	const again = total.failed + total.cancelled;
	const cancel = async () => {
		const isWanted = await confirm({
			title: `Cancel ${counted(left + total.paused, "document")}?`,
			text: "They stay in the list and can be tried again. What is ready already stays ready.",
			action: "Cancel reading",
		});
		if (isWanted) steer.mutate({ action: "cancel" });
	};
	return (
		<div className={styles.steer}>
			{left > 0 ? (
				<Button
					size="small"
					icon={IconPlayerPause}
					isBusy={steer.isPending}
					onClick={() => steer.mutate({ action: "pause" })}
				>
					Pause all
				</Button>
			) : null}
			{total.paused > 0 ? (
				<Button
					size="small"
					icon={IconPlayerPlay}
					isBusy={steer.isPending}
					onClick={() => steer.mutate({ action: "resume" })}
				>
					Resume {total.paused}
				</Button>
			) : null}
			{left + total.paused > 0 ? (
				<Button size="small" icon={IconX} isBusy={steer.isPending} onClick={() => void cancel()}>
					Cancel all
				</Button>
			) : null}
			{again > 0 ? (
				<Button
					size="small"
					icon={IconRefresh}
					isBusy={steer.isPending}
					onClick={() => steer.mutate({ action: "retry" })}
				>
					Retry {again}
				</Button>
			) : null}
		</div>
	);
}

const isWorking = (state: Document["state"]) => workStates.some((one) => one === state);

/** The same for one document. */
export function SteerOne({ document: { id, collectionId, name, state } }: { document: Document }) {
	const steer = useSteer(collectionId);
	const button = (action: Action, icon: typeof IconX, word: string) => (
		<IconButton
			size="small"
			icon={icon}
			label={`${word} ${name}`}
			disabled={steer.isPending}
			onClick={() => steer.mutate({ action, documentIds: [id] })}
		/>
	);
	if (isWorking(state))
		return (
			<>
				{button("pause", IconPlayerPause, "Pause")}
				{button("cancel", IconX, "Cancel")}
			</>
		);
	if (state === "paused") return button("resume", IconPlayerPlay, "Resume");
	return state === "failed" || state === "cancelled" ? button("retry", IconRefresh, "Retry") : null;
}
