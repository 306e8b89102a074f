"use client";

import { Textarea } from "@mantine/core";
import { useState } from "react";

type Schema = Record<string, unknown> | null;

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** The JSON Schema that an agent's answers fit; empty where they are prose. */
export function AnswerSchemaField(props: { value: Schema; onChange: (schema: Schema) => void }) {
	const [text, setText] = useState(props.value ? JSON.stringify(props.value, null, 2) : "");
	const [problem, setProblem] = useState<string | null>(null);
	const change = (next: string) => {
		setText(next);
		if (next.trim() === "") {
			setProblem(null);
			return props.onChange(null);
		}
		try {
			const value: unknown = JSON.parse(next);
			setProblem(isObject(value) ? null : "A schema is an object.");
			if (isObject(value)) props.onChange(value);
		} catch {
			setProblem("This is no JSON yet; what stood here before is kept.");
		}
	};
	return (
		<Textarea
			label="Answers fit this JSON Schema"
			description="Empty: answers are prose. What does not fit is put right once by the model, and fails then."
			placeholder='{ "type": "object", "properties": { "days": { "type": "integer" } } }'
			autosize
			minRows={2}
			maxRows={14}
			styles={{ input: { fontFamily: "var(--qd-mono)", fontSize: "0.8125rem" } }}
			value={text}
			error={problem}
			onChange={(event) => change(event.currentTarget.value)}
		/>
	);
}
