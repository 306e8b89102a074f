"use client";

import { Textarea } from "@mantine/core";
import { IconBraces, IconForms, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { placeOf, readSchema } from "@/server/extractions/contract";
import styles from "./extractions.module.css";
import { FieldRows } from "./field-rows";
import { type FieldDraft, newField, toDraft, toSchema } from "./schema-draft";

type Schema = Record<string, unknown> | null;

/** What an agent extracts: field by field in a form, or as JSON Schema. Both write the same. */
export function SchemaField(props: { value: Schema; onChange: (value: Schema) => void; error?: unknown }) {
	const [initial] = useState(() => readSchema(props.value).schema);
	const [fields, setFields] = useState<FieldDraft[]>(() => (initial ? toDraft(initial) : [newField()]));
	const [words, setWords] = useState({ title: initial?.title, description: initial?.description });
	/** What is pasted, where it is JSON that is written; null in the form. */
	const [text, setText] = useState<string | null>(null);
	const { problems } = readSchema(props.value);
	const build = (next: FieldDraft[]) => {
		setFields(next);
		props.onChange(toSchema(next, wordsOf(words)));
	};
	const paste = (next: string) => {
		setText(next);
		// What is no JSON is no schema either, and can't be saved.
		props.onChange(parsed(next) ?? {});
	};
	const toForm = () => {
		const { schema } = readSchema(props.value);
		if (!schema) return;
		setFields(toDraft(schema));
		setWords({ title: schema.title, description: schema.description });
		setText(null);
	};
	const isJson = text !== null;
	const hasFields = fields.some(({ title }) => title.trim() !== "");
	return (
		<fieldset className={styles.schema}>
			<legend>What it extracts</legend>
			<div className={styles.modes}>
				<Button
					size="small"
					icon={IconForms}
					aria-pressed={!isJson}
					disabled={isJson && problems.length > 0}
					onClick={toForm}
				>
					Form
				</Button>
				<Button
					size="small"
					icon={IconBraces}
					aria-pressed={isJson}
					onClick={() => setText(text ?? JSON.stringify(toSchema(fields, wordsOf(words)), null, 2))}
				>
					JSON Schema
				</Button>
			</div>
			{isJson ? (
				<Textarea
					aria-label="JSON Schema"
					autosize
					minRows={10}
					maxRows={24}
					spellCheck={false}
					classNames={{ input: styles.json ?? "" }}
					value={text}
					onChange={(event) => paste(event.currentTarget.value)}
				/>
			) : (
				<>
					<FieldRows fields={fields} onChange={build} depth={1} />
					<Button size="small" icon={IconPlus} onClick={() => build([...fields, newField()])}>
						Add field
					</Button>
				</>
			)}
			{(isJson || hasFields) && problems.length > 0 ? (
				<ul className={styles.problems} aria-label="What is wrong with it">
					{isJson && parsed(text) === null ? (
						<li>This is no JSON object.</li>
					) : (
						problems.map(({ path, message }) => (
							<li key={`${path.join(".")} ${message}`}>
								<code>{placeOf(path)}</code>: {message}
							</li>
						))
					)}
				</ul>
			) : null}
			{props.error && !hasFields && !isJson ? <p className={styles.problem}>Name at least one field.</p> : null}
		</fieldset>
	);
}

const wordsOf = ({ title, description }: { title?: string | undefined; description?: string | undefined }) => ({
	...(title === undefined ? {} : { title }),
	...(description === undefined ? {} : { description }),
});

function parsed(text: string): Record<string, unknown> | null {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
	} catch {
		return null;
	}
}
