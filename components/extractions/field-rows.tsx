"use client";

import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { Button, IconButton } from "@/components/ui/button";
import styles from "./extractions.module.css";
import { type FieldDraft, type Kind, kinds, kindWords, nameFrom, newField } from "./schema-draft";

type Rows = {
	fields: FieldDraft[];
	onChange: (fields: FieldDraft[]) => void;
	depth: number;
	/** Rows of a list hold no lists. */
	isInList?: boolean;
};

/** The fields of a schema, or of a list's rows, each with what it is. */
export function FieldRows({ fields, onChange, depth, isInList = false }: Rows) {
	const change = (key: string, part: Partial<FieldDraft>) =>
		onChange(fields.map((field) => (field.key === key ? { ...field, ...part } : field)));
	const offered = kinds.filter((kind) => (kind !== "list" || !isInList) && (kind !== "object" || depth < 3));
	return (
		<ol className={styles.fields}>
			{fields.map((field, at) => {
				const label = field.title.trim() || `field ${at + 1}`;
				return (
					<li key={field.key}>
						<div className={styles.fieldLine}>
							<TextInput
								label="Field"
								maxLength={100}
								value={field.title}
								description={field.title.trim() === "" ? undefined : field.isNew ? nameFrom(field.title) : field.name}
								inputWrapperOrder={["label", "input", "description"]}
								onChange={(event) => change(field.key, { title: event.currentTarget.value })}
							/>
							<NativeSelect
								label="Kind"
								data={offered.map((kind) => ({ value: kind, label: kindWords[kind] }))}
								value={field.kind}
								onChange={(event) => {
									const kind = event.currentTarget.value as Kind;
									const inner =
										(kind === "list" || kind === "object") && field.inner.length === 0 ? [newField()] : field.inner;
									change(field.key, { kind, inner });
								}}
							/>
							<IconButton
								icon={IconTrash}
								label={`Remove ${label}`}
								onClick={() => onChange(fields.filter(({ key }) => key !== field.key))}
							/>
						</div>
						<TextInput
							aria-label={`What ${label} means`}
							placeholder="What it means, for the model"
							maxLength={300}
							value={field.description}
							onChange={(event) => change(field.key, { description: event.currentTarget.value })}
						/>
						{field.kind === "choice" ? (
							<TextInput
								aria-label={`Choices of ${label}`}
								placeholder="Choices, with commas between"
								value={field.choices}
								onChange={(event) => change(field.key, { choices: event.currentTarget.value })}
							/>
						) : null}
						{field.kind === "list" ? null : (
							<Checkbox
								size="xs"
								label="Has to be in the document"
								checked={field.isRequired}
								onChange={(event) => change(field.key, { isRequired: event.currentTarget.checked })}
							/>
						)}
						{field.kind === "list" || field.kind === "object" ? (
							<div className={styles.inner}>
								<FieldRows
									fields={field.inner}
									onChange={(inner) => change(field.key, { inner })}
									depth={depth + 1}
									isInList={isInList || field.kind === "list"}
								/>
								<Button
									size="small"
									icon={IconPlus}
									onClick={() => change(field.key, { inner: [...field.inner, newField()] })}
								>
									Add field to {label}
								</Button>
							</div>
						) : null}
					</li>
				);
			})}
		</ol>
	);
}
