"use client";

import { NativeSelect, NumberInput, TagsInput, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { Button, IconButton } from "@/components/ui/button";
import { languages, onlineKinds, type Scorer, type ScorerKind, scorerKinds } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { languageWords, scorerWords } from "./words";

const fresh = {
	exact: (key) => ({ kind: "exact", key }),
	contains: (key) => ({ kind: "contains", key }),
	citations: (key) => ({ kind: "citations", key }),
	json: (key) => ({ kind: "json", key }),
	judge: (key) => ({ kind: "judge", key, rubric: "The answer is right, complete and brief.", model: null }),
	length: (key) => ({ kind: "length", key, least: 1, most: 800 }),
	mentions: (key) => ({ kind: "mentions", key, words: [] }),
	avoids: (key) => ({ kind: "avoids", key, words: [] }),
	language: (key) => ({ kind: "language", key, language: "en" }),
	latency: (key) => ({ kind: "latency", key, mostMs: 10_000 }),
	cost: (key) => ({ kind: "cost", key, most: 0.01 }),
} as const satisfies { [Kind in ScorerKind]: (key: string) => Extract<Scorer, { kind: Kind }> };

function freeKey(kind: ScorerKind, scorers: readonly Scorer[]): string {
	const taken = new Set(scorers.map(({ key }) => key));
	for (let n = 1; ; n++) {
		const key = n === 1 ? kind : `${kind}-${n}`;
		if (!taken.has(key)) return key;
	}
}

/** By what answers are measured, one after the other. */
export function ScorerFields({
	scorers,
	onChange,
	isOnline,
}: {
	scorers: readonly Scorer[];
	onChange: (scorers: Scorer[]) => void;
	/** Of real runs, which have no expected answer. */
	isOnline: boolean;
}) {
	const kinds = scorerKinds.filter((kind) => !isOnline || (onlineKinds as readonly string[]).includes(kind));
	const put = (at: number, scorer: Scorer) => onChange(scorers.map((one, n) => (n === at ? scorer : one)));
	return (
		<fieldset className={styles.fields}>
			<legend>By what answers are measured</legend>
			<ol className={styles.scorers}>
				{scorers.map((scorer, at) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: a key is typed, and two may be alike for a moment
					<li key={at}>
						<div className={styles.scorerHead}>
							<NativeSelect
								label={`Scorer ${at + 1}`}
								data={kinds.map((kind) => ({ value: kind, label: scorerWords[kind].name }))}
								value={scorer.kind}
								onChange={(event) => {
									const kind = kinds.find((one) => one === event.currentTarget.value) ?? scorer.kind;
									put(
										at,
										fresh[kind](
											freeKey(
												kind,
												scorers.filter((_, n) => n !== at),
											),
										),
									);
								}}
							/>
							<TextInput
								label="Called"
								maxLength={40}
								value={scorer.key}
								onChange={(event) => put(at, { ...scorer, key: event.currentTarget.value })}
							/>
							<IconButton
								icon={IconTrash}
								label={`Remove scorer ${at + 1}`}
								onClick={() => onChange(scorers.filter((_, n) => n !== at))}
							/>
						</div>
						<p className={styles.note}>{scorerWords[scorer.kind].says}</p>
						<Own scorer={scorer} onChange={(next) => put(at, next)} />
					</li>
				))}
			</ol>
			<div>
				<Button
					icon={IconPlus}
					size="small"
					disabled={scorers.length >= 12}
					onClick={() => {
						const kind = kinds.find((one) => !scorers.some((scorer) => scorer.kind === one)) ?? kinds[0] ?? "length";
						onChange([...scorers, fresh[kind](freeKey(kind, scorers))]);
					}}
				>
					Add a scorer
				</Button>
			</div>
		</fieldset>
	);
}

const number = (value: string | number, otherwise: number): number => (value === "" ? otherwise : Number(value));

function Own({ scorer, onChange }: { scorer: Scorer; onChange: (scorer: Scorer) => void }) {
	switch (scorer.kind) {
		case "exact":
		case "contains":
		case "citations":
		case "json":
			return null;
		case "judge":
			return (
				<>
					<Textarea
						label="Rubric"
						autosize
						minRows={3}
						maxLength={4_000}
						value={scorer.rubric}
						onChange={(event) => onChange({ ...scorer, rubric: event.currentTarget.value })}
					/>
					<TextInput
						label="Model"
						description="Its route or name; empty: the installation's first."
						maxLength={200}
						value={scorer.model ?? ""}
						onChange={(event) => onChange({ ...scorer, model: event.currentTarget.value || null })}
					/>
				</>
			);
		case "length":
			return (
				<div className={styles.pair}>
					<NumberInput
						label="At least"
						min={0}
						allowDecimal={false}
						value={scorer.least}
						onChange={(value) => onChange({ ...scorer, least: number(value, 0) })}
					/>
					<NumberInput
						label="At most"
						min={1}
						allowDecimal={false}
						value={scorer.most}
						onChange={(value) => onChange({ ...scorer, most: number(value, 1) })}
					/>
				</div>
			);
		case "mentions":
		case "avoids":
			return (
				<TagsInput
					label="Words"
					description="Enter after each."
					maxTags={20}
					value={scorer.words}
					onChange={(words) => onChange({ ...scorer, words })}
				/>
			);
		case "language":
			return (
				<NativeSelect
					label="Language"
					data={languages.map((value) => ({ value, label: languageWords[value] }))}
					value={scorer.language}
					onChange={(event) =>
						onChange({
							...scorer,
							language: languages.find((one) => one === event.currentTarget.value) ?? scorer.language,
						})
					}
				/>
			);
		case "latency":
			return (
				<NumberInput
					label="At most, ms"
					min={1}
					allowDecimal={false}
					value={scorer.mostMs}
					onChange={(value) => onChange({ ...scorer, mostMs: number(value, 1) })}
				/>
			);
		case "cost":
			return (
				<NumberInput
					label="At most"
					min={0}
					value={scorer.most}
					onChange={(value) => onChange({ ...scorer, most: number(value, 0) })}
				/>
			);
	}
}
