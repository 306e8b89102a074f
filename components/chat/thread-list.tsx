"use client";

import { IconPencilPlus } from "@tabler/icons-react";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { FilterSelect, FilterText } from "@/components/ui/field";
import { Link } from "@/components/ui/link";
import { When } from "@/components/ui/time";
import styles from "./conversation.module.css";

const owners = [
	{ value: "caller", label: "Mine" },
	{ value: "others", label: "Shared with me" },
];

function emptyText(words: string, owner: "caller" | "others"): string {
	if (words) return "No chat has all of these words. Try fewer, or look among the others.";
	if (owner === "others") return "Nobody shares a chat with you yet.";
	return "Your chats will stand here. Ask something to begin one.";
}

/** One's own chats, newest first, or those of others that one may read; all can be searched. */
export function ThreadList() {
	const api = useApi();
	const client = useClient();
	const path = usePathname();
	const [words, setWords] = useState("");
	const [owner, setOwner] = useState<"caller" | "others">("caller");
	const isPlain = words === "" && owner === "caller";
	const asked = isPlain ? {} : { filter: { owner: { eq: owner }, ...(words ? { words: { contains: words } } : {}) } };
	const list = usePages({
		key: api.threads.list.infiniteQueryKey(asked),
		read: (cursor) => client.threads.list.query({ ...asked, cursor }),
	});
	return (
		<nav className={styles.threads} aria-label="Chats">
			<div className={styles.threadsHead}>
				<h2>Chats</h2>
				<ButtonLink href="/chat" size="small" icon={IconPencilPlus}>
					New chat
				</ButtonLink>
			</div>
			<div className={styles.find}>
				<FilterText label="Search chats" value={words} onChange={(next) => setWords(next.slice(0, 200))} />
				<FilterSelect
					label="Whose chats"
					value={owner}
					options={owners}
					onChange={(next) => setOwner(next === "others" ? "others" : "caller")}
				/>
			</div>
			{list.error ? <ErrorView failure={toFailure(list.error)} retry={list.retry} /> : null}
			{list.rows.length === 0 && !list.isLoading && !list.error ? (
				<p className={styles.noThreads}>{emptyText(words, owner)}</p>
			) : null}
			<ul className={styles.threadList}>
				{list.rows.map((thread) => (
					<li key={thread.id}>
						<Link
							href={`/chat/${thread.id}`}
							className={styles.thread}
							aria-current={path === `/chat/${thread.id}` ? "page" : undefined}
							title={thread.title}
						>
							<span>
								{thread.title}
								{thread.found ? <small>{thread.found.text.replaceAll(/[«»]/g, "")}</small> : null}
								{thread.mayManage ? null : <small>{thread.ownerName}</small>}
							</span>
							<When at={thread.updatedAt} />
						</Link>
					</li>
				))}
				{list.hasMore ? (
					<li>
						<Button look="quiet" size="small" isBusy={list.isLoadingMore} onClick={list.loadMore}>
							Show more
						</Button>
					</li>
				) : null}
			</ul>
		</nav>
	);
}
