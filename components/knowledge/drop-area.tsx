"use client";

import "@mantine/dropzone/styles.layer.css";
import { Dropzone } from "@mantine/dropzone";
import { IconFileUpload } from "@tabler/icons-react";
import { useClient } from "@/components/trpc/client";
import { bytes } from "@/components/ui/figures";
import { Theme } from "@/components/ui/theme";
import { type Document, fileTypes, maxFileBytes, readableKinds } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";
import { addUploads } from "./uploads";

const endings = Object.keys(fileTypes);

/** What can be told before a byte is sent; null where nothing speaks against the file. */
export function whyNot({ name, size }: { name: string; size: number }): string | null {
	const ending = name.split(".").pop()?.toLowerCase() ?? "";
	if (!endings.includes(ending)) return `This kind of file can't be read. Bring ${endings.join(", ").toUpperCase()}.`;
	if (size === 0) return "This file is empty.";
	if (size > maxFileBytes) return `This file has ${bytes(size)}; at most ${bytes(maxFileBytes)} can be read. Split it.`;
	return null;
}

export default function DropArea({
	collectionId,
	onAdded,
}: {
	collectionId: string;
	onAdded: (document: Document) => void;
}) {
	const client = useClient();
	const take = (files: File[]) =>
		addUploads(
			files.map((file) => ({ file, why: whyNot(file) })),
			{ collectionId, client, onAdded },
		);
	return (
		<Theme>
			<Dropzone
				onDrop={take}
				className={styles.drop}
				inputProps={{ "aria-label": "Files to add" }}
				aria-label="Add files: choose them or drag them here"
				p={0}
			>
				<div className={styles.dropText}>
					<IconFileUpload size={26} stroke={1.4} aria-hidden="true" />
					<div>
						<p>Drag files here, or choose them</p>
						<small>
							{readableKinds}, up to {bytes(maxFileBytes)} each
						</small>
					</div>
				</div>
			</Dropzone>
		</Theme>
	);
}
