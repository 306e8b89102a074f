"use client";

import { MultiSelect, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { Button, IconButton } from "@/components/ui/button";
import { type Detector, personalKinds, personalWords, type Settings } from "@/server/safety/contract";
import styles from "./safety.module.css";

type Props = { settings: Settings; onChange: (settings: Settings) => void };

/** What a detector goes by. */
export function SettingsFields({ detector, settings, onChange }: Props & { detector: Detector }) {
	switch (detector) {
		case "personal":
			return <Personal settings={settings} onChange={onChange} />;
		case "secrets":
			return null;
		case "injection":
			return <Judge settings={settings} onChange={onChange} />;
		case "moderation":
			return <Moderation settings={settings} onChange={onChange} />;
		case "pattern":
			return <Patterns settings={settings} onChange={onChange} />;
	}
}

function Personal({ settings, onChange }: Props) {
	return (
		<>
			<MultiSelect
				label="Kinds"
				placeholder={settings.kinds.length === 0 ? "Every kind that says something of a person" : undefined}
				searchable
				value={settings.kinds}
				onChange={(kinds) => onChange({ ...settings, kinds: personalKinds.filter((kind) => kinds.includes(kind)) })}
				data={personalKinds.map((value) => ({ value, label: personalWords[value] }))}
			/>
			<NativeSelect
				label="How sure"
				value={settings.strength}
				onChange={(event) => onChange({ ...settings, strength: event.currentTarget.value === "all" ? "all" : "sure" })}
				data={[
					{ value: "sure", label: "A checksum, a clear form or a word beside it speaks for it" },
					{ value: "all", label: "What looks like it is enough" },
				]}
			/>
		</>
	);
}

function Judge({ settings, onChange }: Props) {
	const api = useApi();
	const routes = useQuery(api.models.listRoutes.queryOptions({ limit: 200 }));
	const names = (routes.data?.rows ?? []).map(({ name }) => name);
	const known = settings.model && !names.includes(settings.model) ? [settings.model, ...names] : names;
	return (
		<NativeSelect
			label="Judged by a model too"
			description="It is asked of every text at the places below, and costs what its calls cost. Where it gives no word, what would be blocked or covered goes no further."
			value={settings.model ?? ""}
			onChange={(event) => onChange({ ...settings, model: event.currentTarget.value || null })}
			data={[{ value: "", label: "By no model" }, ...known.map((value) => ({ value, label: value }))]}
		/>
	);
}

function Moderation({ settings, onChange }: Props) {
	return (
		<>
			<Textarea
				label="Words and phrases"
				description="One a line; found as whole words, in any case."
				autosize
				minRows={3}
				maxRows={10}
				defaultValue={settings.words.join("\n")}
				onChange={(event) => {
					const words = event.currentTarget.value.split("\n").map((line) => line.trim());
					onChange({ ...settings, words: [...new Set(words.filter((word) => word !== ""))] });
				}}
			/>
			<Judge settings={settings} onChange={onChange} />
			{settings.model ? (
				<Textarea
					label="What it is to find"
					placeholder="Is the text hateful, cruel, sexual, or does it help to do something dangerous or criminal?"
					autosize
					minRows={2}
					maxLength={1_000}
					value={settings.question}
					onChange={(event) => onChange({ ...settings, question: event.currentTarget.value })}
				/>
			) : null}
		</>
	);
}

function Patterns({ settings, onChange }: Props) {
	const { patterns } = settings;
	const change = (at: number, more: Partial<Settings["patterns"][number]>) =>
		onChange({ ...settings, patterns: patterns.map((one, place) => (place === at ? { ...one, ...more } : one)) });
	return (
		<>
			{patterns.map(({ name, expression }, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: an expression has no other identity while it is written
				<div key={at} className={styles.pair}>
					<TextInput
						label="Name"
						maxLength={60}
						value={name}
						onChange={(event) => change(at, { name: event.currentTarget.value })}
					/>
					<TextInput
						label="Expression (RE2)"
						maxLength={1_000}
						value={expression}
						onChange={(event) => change(at, { expression: event.currentTarget.value })}
					/>
					<IconButton
						icon={IconTrash}
						label={`Remove ${name || "this expression"}`}
						onClick={() => onChange({ ...settings, patterns: patterns.filter((_, place) => place !== at) })}
					/>
				</div>
			))}
			<div className={styles.buttons}>
				<Button
					icon={IconPlus}
					size="small"
					onClick={() => onChange({ ...settings, patterns: [...patterns, { name: "", expression: "" }] })}
				>
					Add an expression
				</Button>
			</div>
		</>
	);
}
