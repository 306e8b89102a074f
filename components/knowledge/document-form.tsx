"use client";

import { Checkbox, Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { type Document, DocumentFields } from "@/server/knowledge/contract";
import { readFields, writeFields } from "./fields";
import styles from "./knowledge.module.css";

/** What a document is called, what is written down about it, and who may find it. */
export default function DocumentForm({ document, onClose }: { document: Document; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [name, setName] = useState(document.name);
	const [lines, setLines] = useState(writeFields(document.fields));
	const [isRestricted, setRestricted] = useState(document.isRestricted);
	const [problem, setProblem] = useState<string | null>(null);
	const update = useMutation(
		api.knowledge.updateDocument.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.knowledge.pathFilter());
				onClose();
			},
		}),
	);
	const save = (event: FormEvent) => {
		event.preventDefault();
		const { fields, unreadable } = readFields(lines);
		const checked = DocumentFields.safeParse(fields);
		const wrong = unreadable
			? `“${unreadable}” is no field: write each on a line of its own, as team: north.`
			: checked.error?.issues[0]?.message;
		setProblem(wrong ?? null);
		if (!wrong && checked.data) update.mutate({ documentId: document.id, name, fields: checked.data, isRestricted });
	};
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Change this document">
				<form onSubmit={save} className={styles.stack} noValidate>
					<TextInput
						label="Name"
						data-autofocus
						maxLength={255}
						value={name}
						error={name.trim() === "" ? "A name is needed." : null}
						onChange={(event) => setName(event.currentTarget.value)}
					/>
					<Textarea
						label="Fields"
						description="One on a line, as team: north. Searches can be narrowed by them."
						autosize
						minRows={3}
						maxRows={10}
						error={problem}
						value={lines}
						onChange={(event) => setLines(event.currentTarget.value)}
					/>
					<Checkbox
						label="Restricted"
						description="Only who manages the collection finds it, and whom it is shared with by itself."
						checked={isRestricted}
						onChange={(event) => setRestricted(event.currentTarget.checked)}
					/>
					{update.error ? <ErrorView failure={toFailure(update.error)} /> : null}
					<div className={styles.formFoot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={update.isPending} disabled={name.trim() === ""}>
							Save
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
