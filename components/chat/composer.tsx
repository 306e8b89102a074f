"use client";

import { IconArrowUp, IconPlayerStopFilled } from "@tabler/icons-react";
import { type KeyboardEvent, useRef } from "react";
import { useMay } from "@/components/shell/me";
import { useSessionOver } from "@/components/trpc/session-over";
import { Button } from "@/components/ui/button";
import styles from "./composer.module.css";
import { changeOutbox } from "./outbox";
import type { PickerHandle } from "./picker";
import { AgentPicker, CollectionPicker } from "./pickers";
import { preloadFeed } from "./run-feed";
import { type Conversation, newQueued } from "./use-conversation";

/** Where one writes. It never blocks: while an answer comes in, what is sent waits its turn. */
export function Composer({ conversation }: { conversation: Conversation }) {
	const { outbox, key, isBusy } = conversation;
	const mayAsk = useMay("runs:write");
	// Whoever is signed out can stop nothing; the page says so and offers to sign in.
	const isOver = useSessionOver();
	const field = useRef<HTMLTextAreaElement>(null);
	const agents = useRef<PickerHandle>(null);
	const collections = useRef<PickerHandle>(null);
	const text = outbox.draft.trim();

	const send = () => {
		if (text) conversation.send(text);
		field.current?.focus();
	};
	const sendNow = () => {
		changeOutbox(key, () => ({ draft: "" }));
		conversation.sendNow(newQueued(text));
		field.current?.focus();
	};
	const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
		// While an input method composes a character, Enter belongs to it.
		if (event.nativeEvent.isComposing) return;
		if (event.key === "Enter" && !event.shiftKey) {
			event.preventDefault();
			if (text && isBusy && (event.ctrlKey || event.metaKey)) return sendNow();
			return send();
		}
		const picker = event.key === "@" ? agents.current : event.key === "#" ? collections.current : null;
		if (!picker || !startsWord(event.currentTarget)) return;
		event.preventDefault();
		picker.open(event.key);
	};
	/** Whoever meant the sign itself gets it back, with what was typed after it. */
	const giveBack = (typed: string) => {
		const at = field.current?.selectionStart ?? outbox.draft.length;
		changeOutbox(key, (box) => ({ draft: box.draft.slice(0, at) + typed + box.draft.slice(at) }));
		field.current?.focus();
	};

	if (!mayAsk)
		return (
			<div className={styles.frame}>
				<p className={styles.none}>
					Your role reads what is shared. To ask, you need the role staff: an administrator can give it.
				</p>
			</div>
		);
	return (
		<div className={styles.frame}>
			<form
				className={styles.box}
				onSubmit={(event) => {
					event.preventDefault();
					send();
				}}
			>
				<textarea
					ref={field}
					className={styles.field}
					rows={1}
					aria-label="Ask a question"
					placeholder={isBusy ? "Write the next question. It waits its turn." : "Ask the documents…"}
					value={outbox.draft}
					onChange={(event) => changeOutbox(key, () => ({ draft: event.target.value }))}
					onKeyDown={onKeyDown}
					onFocus={preloadFeed}
				/>
				<div className={styles.tools}>
					<AgentPicker
						ref={agents}
						current={conversation.thread?.agentName ?? null}
						chosenId={outbox.agentId}
						onChoose={(agentId) => changeOutbox(key, () => ({ agentId }))}
						onClose={() => field.current?.focus()}
						onGiveBack={giveBack}
					/>
					<CollectionPicker
						ref={collections}
						chosenIds={outbox.collectionIds}
						onChoose={(collectionIds) => changeOutbox(key, () => ({ collectionIds }))}
						onClose={() => field.current?.focus()}
						onGiveBack={giveBack}
					/>
					<span className={styles.send}>
						{isBusy && conversation.openRun && !isOver ? (
							<Button icon={IconPlayerStopFilled} isBusy={conversation.isStopping} onClick={conversation.stop}>
								Stop
							</Button>
						) : null}
						{isBusy && text ? (
							<Button onClick={sendNow} title="Stops the answer and sends this (Ctrl Enter)">
								Send now
							</Button>
						) : null}
						<Button type="submit" look="primary" icon={IconArrowUp} disabled={!text}>
							{isBusy ? "Queue" : "Ask"}
						</Button>
					</span>
				</div>
			</form>
			<p className={styles.hint}>
				<kbd>Enter</kbd> sends · <kbd>Shift Enter</kbd> new line · <kbd>@</kbd> agent · <kbd>#</kbd> collections
			</p>
		</div>
	);
}

/** At the beginning, or after a space: in the middle of a word the sign is a part of it. */
function startsWord({ value, selectionStart }: HTMLTextAreaElement): boolean {
	return selectionStart === 0 || /\s/.test(value.charAt(selectionStart - 1));
}
