"use client";

import { IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { reasonWords } from "@/components/feedback/words";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button, IconButton } from "@/components/ui/button";
import { say } from "@/components/ui/say";
import type { FeedbackReason, OwnFeedback, Thumb } from "@/server/feedback/contract";
import styles from "./feedback.module.css";

const reasons = {
	up: ["correct", "complete", "clear"],
	down: ["wrong", "incomplete", "outdated", "wrong_source", "not_answered", "unclear", "other"],
} as const satisfies Record<Thumb, readonly FeedbackReason[]>;

export type Said = { thumb: Thumb; reason: FeedbackReason | null; correction: string | null };

/** What one thinks of an answer: a thumb at once, then why, and what it should have said. */
export function useFeedback(runId: string, given: OwnFeedback | null) {
	const api = useApi();
	const cache = useQueryClient();
	const [isOpen, setOpen] = useState(false);
	const onSuccess = () => cache.invalidateQueries(api.threads.get.pathFilter());
	const onError = (error: unknown) => say(toFailure(error).message, "failed");
	const give = useMutation(api.feedback.give.mutationOptions({ onSuccess, onError }));
	const withdraw = useMutation(api.feedback.withdraw.mutationOptions({ onSuccess, onError }));
	return {
		given,
		isOpen,
		isBusy: give.isPending || withdraw.isPending,
		press: (thumb: Thumb) => {
			if (given?.thumb === thumb) return setOpen(!isOpen);
			setOpen(true);
			give.mutate({ runId, thumb });
		},
		give: (said: Said) => give.mutate({ runId, ...said }, { onSuccess: () => setOpen(false) }),
		withdraw: () => withdraw.mutate({ runId }, { onSuccess: () => setOpen(false) }),
		close: () => setOpen(false),
	};
}
type State = ReturnType<typeof useFeedback>;

export function Thumbs({ state }: { state: State }) {
	const mayGive = useMay("feedback:write");
	if (!mayGive) return null;
	const { given } = state;
	return (
		<span className={styles.thumbs}>
			<IconButton
				icon={IconThumbUp}
				size="small"
				label="A good answer"
				aria-pressed={given?.thumb === "up"}
				disabled={state.isBusy}
				onClick={() => state.press("up")}
			/>
			<IconButton
				icon={IconThumbDown}
				size="small"
				label="A bad answer"
				aria-pressed={given?.thumb === "down"}
				disabled={state.isBusy}
				onClick={() => state.press("down")}
			/>
		</span>
	);
}

export function FeedbackForm({ state }: { state: State }) {
	const { given } = state;
	if (!state.isOpen || !given) return null;
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const fields = new FormData(event.currentTarget);
		const reason = reasons[given.thumb].find((one) => one === fields.get("reason")) ?? null;
		state.give({ thumb: given.thumb, reason, correction: String(fields.get("correction") ?? "") });
	};
	return (
		<form className={styles.form} aria-label="What you think of this answer" onSubmit={submit} key={given.thumb}>
			<fieldset>
				<legend>{given.thumb === "up" ? "What was good?" : "What was wrong?"}</legend>
				{reasons[given.thumb].map((reason) => (
					<label key={reason}>
						<input type="radio" name="reason" value={reason} defaultChecked={given.reason === reason} />
						{reasonWords[reason]}
					</label>
				))}
			</fieldset>
			{given.thumb === "down" ? (
				<label className={styles.correction}>
					What should it have said?
					<textarea name="correction" rows={3} maxLength={4_000} defaultValue={given.correction ?? ""} />
				</label>
			) : null}
			<p>Whoever manages this agent sees it, with the question and the answer.</p>
			<div className={styles.foot}>
				<Button size="small" look="quiet" onClick={state.withdraw}>
					Take it back
				</Button>
				<Button size="small" onClick={state.close}>
					Close
				</Button>
				<Button size="small" look="primary" type="submit" isBusy={state.isBusy}>
					Send
				</Button>
			</div>
		</form>
	);
}
