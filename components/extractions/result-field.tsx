"use client";

import { IconPencil } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button, IconButton } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import { Exactly } from "@/components/ui/time";
import type { ExtractedField, ExtractionColumns, ExtractionResult, Value } from "@/server/extractions/contract";
import styles from "./extractions.module.css";
import { FieldConfidence } from "./states";
import { quoteHref, shown } from "./values";

type Column = ExtractionColumns["fields"][number];
type Props = { column: Column; field: ExtractedField; result: ExtractionResult; mayCorrect: boolean };

/** One field: its value, how sure it is and why, and the words that it stands in, which lead to their place. */
export function ResultField({ column, field, result, mayCorrect }: Props) {
	const { title } = column;
	const [isEditing, setEditing] = useState(false);
	const href = quoteHref(result.documentId, field);
	return (
		<li data-level={field.level}>
			<div className={styles.fieldHead}>
				<span>{title}</span>
				<FieldConfidence field={field} />
				{mayCorrect && !isEditing ? (
					<IconButton icon={IconPencil} size="small" label={`Correct ${title}`} onClick={() => setEditing(true)} />
				) : null}
			</div>
			{isEditing ? (
				<CorrectForm column={column} field={field} result={result} onClose={() => setEditing(false)} />
			) : (
				<strong>{shown(field.value)}</strong>
			)}
			{field.correctedAt ? (
				<p>
					{field.correctedByName}, <Exactly at={field.correctedAt} />; the model read {shown(field.extracted)}
				</p>
			) : null}
			{href ? (
				<blockquote>
					<Link href={href}>
						“{field.quote}” <small>page {field.page}</small>
					</Link>
				</blockquote>
			) : field.value !== null && field.correctedAt === null ? (
				<p className={styles.nowhere}>It stands nowhere in the document.</p>
			) : null}
			{field.correctedAt === null && field.value !== null ? (
				<details>
					<summary>Why</summary>
					<ul>
						{field.reasons.map((reason) => (
							<li key={reason}>{reason}</li>
						))}
					</ul>
				</details>
			) : null}
		</li>
	);
}

function CorrectForm({ column, field, result, onClose }: Omit<Props, "mayCorrect"> & { onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [text, setText] = useState(field.value === null ? "" : String(field.value));
	const correct = useMutation(
		api.extractions.correct.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.extractions.pathFilter());
				onClose();
			},
		}),
	);
	const save = (event: FormEvent) => {
		event.preventDefault();
		const { extractionId, id: resultId, revision: basedOn } = result;
		correct.mutate({ extractionId, resultId, path: field.path, value: typedValue(text, column.type), basedOn });
	};
	return (
		<form className={styles.correct} onSubmit={save}>
			<input
				aria-label={`${column.title}, corrected`}
				// biome-ignore lint/a11y/noAutofocus: it was just asked for
				autoFocus
				maxLength={2_000}
				value={text}
				onChange={(event) => setText(event.target.value)}
				onKeyDown={(event) => {
					if (event.key !== "Escape") return;
					event.stopPropagation();
					onClose();
				}}
			/>
			<Button type="submit" size="small" look="primary" isBusy={correct.isPending}>
				Save
			</Button>
			<Button size="small" onClick={onClose}>
				Cancel
			</Button>
			{correct.error ? <ErrorView failure={toFailure(correct.error)} /> : null}
		</form>
	);
}

/** Empty is nothing. The server knows whether the rest fits. */
function typedValue(text: string, type: Column["type"]): Value {
	const typed = text.trim();
	if (typed === "") return null;
	switch (type) {
		case "string":
			return typed;
		case "boolean":
			return /^(true|yes|1)$/i.test(typed) ? true : /^(false|no|0)$/i.test(typed) ? false : typed;
		case "number":
		case "integer":
			return Number.isNaN(Number(typed)) ? typed : Number(typed);
	}
}
