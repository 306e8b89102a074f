"use client";

import { IconPencilPlus } from "@tabler/icons-react";
import { usePathname } from "next/navigation";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import { When } from "@/components/ui/time";
import styles from "./conversation.module.css";

/** One's own chats, newest first. */
export function ThreadList({ onGo }: { onGo?: () => void }) {
	const api = useApi();
	const client = useClient();
	const path = usePathname();
	const list = usePages({
		key: api.threads.list.infiniteQueryKey({}),
		read: (cursor) => client.threads.list.query({ cursor }),
	});
	return (
		<nav className={styles.threads} aria-label="Chats">
			<div className={styles.threadsHead}>
				<h2>Chats</h2>
				<ButtonLink href="/chat" size="small" icon={IconPencilPlus}>
					New chat
				</ButtonLink>
			</div>
			{list.error ? <ErrorView failure={toFailure(list.error)} retry={list.retry} /> : null}
			{list.rows.length === 0 && !list.isLoading && !list.error ? (
				<p className={styles.noThreads}>Your chats will stand here. Ask something to begin one.</p>
			) : null}
			<ul className={styles.threadList}>
				{list.rows.map((thread) => (
					<li key={thread.id}>
						<Link
							href={`/chat/${thread.id}`}
							className={styles.thread}
							aria-current={path === `/chat/${thread.id}` ? "page" : undefined}
							onClick={onGo}
							title={thread.title}
						>
							<span>{thread.title}</span>
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
