"use client";

import { IconArrowUp, IconCheck, IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { counted } from "@/components/ui/figures";
import styles from "./composer.module.css";
import { changeOutbox, type Queued } from "./outbox";
import type { Conversation } from "./use-conversation";

/** What waits to be asked. Each can be changed, taken out, or sent at once. */
export function Queue({ conversation }: { conversation: Conversation }) {
	const { outbox, key } = conversation;
	if (outbox.queue.length === 0) return null;
	return (
		<section className={styles.queue} aria-label="Waiting questions">
			<div className={styles.queueHead}>
				<span>{counted(outbox.queue.length, "question waits", "questions wait")}</span>
				{outbox.isHeld ? (
					<>
						<span data-held>Held, as the last answer did not end well</span>
						<Button size="small" onClick={() => changeOutbox(key, () => ({ isHeld: false }))}>
							Go on
						</Button>
					</>
				) : null}
			</div>
			<ul>
				{outbox.queue.map((queued) => (
					<QueuedItem key={queued.id} queued={queued} conversation={conversation} />
				))}
			</ul>
		</section>
	);
}

function QueuedItem({ queued, conversation }: { queued: Queued; conversation: Conversation }) {
	const { key } = conversation;
	const [edited, setEdited] = useState<string | null>(null);
	const put = (change: (queue: Queued[]) => Queued[]) => changeOutbox(key, (box) => ({ queue: change(box.queue) }));
	const remove = () => put((queue) => queue.filter((one) => one.id !== queued.id));
	const save = () => {
		const text = edited?.trim();
		if (!text) return remove();
		put((queue) => queue.map((one) => (one.id === queued.id ? { ...one, text } : one)));
		setEdited(null);
	};
	return (
		<li className={styles.queued}>
			{edited === null ? (
				<p>{queued.text}</p>
			) : (
				<textarea
					aria-label="Change the waiting question"
					value={edited}
					// biome-ignore lint/a11y/noAutofocus: the field appears because one asked to write in it
					autoFocus
					rows={1}
					onFocus={({ target }) => target.setSelectionRange(target.value.length, target.value.length)}
					onChange={(event) => setEdited(event.target.value)}
					onKeyDown={(event) => {
						if (event.key === "Escape") setEdited(null);
						if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
						event.preventDefault();
						save();
					}}
				/>
			)}
			<span className={styles.queuedTools}>
				{edited === null ? (
					<IconButton
						size="small"
						icon={IconPencil}
						label="Change this question"
						onClick={() => setEdited(queued.text)}
					/>
				) : (
					<IconButton size="small" icon={IconCheck} label="Keep the change" onClick={save} />
				)}
				<IconButton size="small" icon={IconTrash} label="Take this question out" onClick={remove} />
				<IconButton
					size="small"
					icon={IconArrowUp}
					label="Send now"
					onClick={() => conversation.sendNow({ ...queued, text: edited?.trim() || queued.text })}
				/>
			</span>
		</li>
	);
}
