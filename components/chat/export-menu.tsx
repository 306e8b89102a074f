"use client";

import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button, IconButton } from "@/components/ui/button";
import { saveFile } from "@/components/ui/save-file";
import { say } from "@/components/ui/say";
import type { ExportThread, Thread } from "@/server/threads/contract";
import styles from "./feedback.module.css";

/** The chat as a file, with its sources. */
export function ExportMenu({ thread, branchId }: { thread: Thread; branchId: string | null }) {
	const client = useClient();
	const menu = useRef<HTMLDivElement>(null);
	const save = useMutation({
		mutationFn: (format: ExportThread["format"]) =>
			client.threads.export.query({ threadId: thread.id, format, branchId: branchId ?? undefined }),
		onSuccess: ({ fileName, mediaType, text }) => {
			menu.current?.hidePopover();
			saveFile(fileName, [text], mediaType);
		},
		onError: (error) => say(toFailure(error).message, "failed"),
	});
	const id = `export-${thread.id}`;
	return (
		<span className={styles.menuFrame}>
			<IconButton icon={IconDownload} label="Export this chat" popoverTarget={id} />
			<div ref={menu} id={id} popover="auto" className={styles.menu}>
				<Button size="small" look="quiet" isBusy={save.isPending} onClick={() => save.mutate("markdown")}>
					Markdown, to read
				</Button>
				<Button size="small" look="quiet" isBusy={save.isPending} onClick={() => save.mutate("json")}>
					JSON, for programs
				</Button>
			</div>
		</span>
	);
}
