"use client";

import { IconCheck, IconMessages, IconPencil, IconShare, IconTrash, IconUsers } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { IconButton } from "@/components/ui/button";
import { Drawer } from "@/components/ui/drawer";
import { confirm, say } from "@/components/ui/say";
import type { Thread } from "@/server/threads/contract";
import styles from "./conversation.module.css";
import { ExportMenu } from "./export-menu";
import { ThreadList } from "./thread-list";

/** Which chat this is; its name can be changed, and it can be deleted. */
export function ThreadHeader(props: { thread: Thread | null; branchId: string | null; isNew: boolean }) {
	const { thread, isNew } = props;
	const [isRenaming, setRenaming] = useState(false);
	const mayWrite = useMay("threads:write");
	const [isListed, setListed] = useState(false);
	return (
		<header className={styles.head}>
			<span className={styles.onlyNarrow}>
				<IconButton icon={IconMessages} label="Show the chats" onClick={() => setListed(true)} />
			</span>
			{isListed ? (
				<Drawer label="Chats" className={styles.drawer} onClosed={() => setListed(false)}>
					{() => <ThreadList />}
				</Drawer>
			) : null}
			{thread && isRenaming ? (
				<RenameForm thread={thread} onDone={() => setRenaming(false)} />
			) : (
				<h1>{isNew ? "New chat" : (thread?.title ?? "Chat")}</h1>
			)}
			{thread && !isRenaming ? (
				<span className={styles.headTools}>
					<ExportMenu thread={thread} branchId={props.branchId} />
					{mayWrite && thread.mayManage ? (
						<>
							<ShareChat thread={thread} />
							<IconButton icon={IconPencil} label="Rename this chat" onClick={() => setRenaming(true)} />
							<RemoveButton thread={thread} />
						</>
					) : null}
				</span>
			) : null}
		</header>
	);
}

const ShareDialog = dynamic(() => import("@/components/access/share-dialog"), { ssr: false });

function ShareChat({ thread }: { thread: Thread }) {
	const [isOpen, setOpen] = useState(false);
	if (!useMay("shares:write")) return null;
	return (
		<>
			<IconButton
				icon={thread.isShared ? IconUsers : IconShare}
				label={thread.isShared ? "Share this chat: others can read it" : "Share this chat"}
				onClick={() => setOpen(true)}
			/>
			{isOpen ? (
				<ShareDialog resource={{ kind: "thread", resourceId: thread.id }} onClose={() => setOpen(false)} />
			) : null}
		</>
	);
}

function RenameForm({ thread, onDone }: { thread: Thread; onDone: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const rename = useMutation(
		api.threads.rename.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.threads.pathFilter());
				onDone();
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const title = String(new FormData(event.currentTarget).get("title")).trim();
		if (!title || title === thread.title) return onDone();
		rename.mutate({ threadId: thread.id, title });
	};
	return (
		<form onSubmit={submit}>
			<input
				name="title"
				defaultValue={thread.title}
				maxLength={200}
				aria-label="Name of this chat"
				// biome-ignore lint/a11y/noAutofocus: the field appears because one asked to write in it
				autoFocus
				onKeyDown={(event) => event.key === "Escape" && onDone()}
			/>
			<IconButton icon={IconCheck} label="Save the name" type="submit" />
		</form>
	);
}

function RemoveButton({ thread }: { thread: Thread }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const remove = useMutation(
		api.threads.remove.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.threads.list.pathFilter());
				router.push("/chat");
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Delete this chat?",
			text: `“${thread.title}” and its answers will be gone for good.`,
			action: "Delete chat",
		});
		if (isWanted) remove.mutate({ threadId: thread.id });
	};
	return (
		<IconButton icon={IconTrash} label="Delete this chat" disabled={remove.isPending} onClick={() => void ask()} />
	);
}
