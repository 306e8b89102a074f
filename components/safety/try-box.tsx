"use client";

import { Textarea } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Theme } from "@/components/ui/theme";
import type { Detector, Settings, Tried } from "@/server/safety/contract";
import styles from "./safety.module.css";

/** Shows what a policy finds in a text, and what would be left of it. The text is kept nowhere. */
export function TryBox({ detector, settings }: { detector: Detector; settings: Settings }) {
	const api = useApi();
	const [text, setText] = useState("");
	const [asked, setAsked] = useState("");
	const trial = useMutation(api.safety.try.mutationOptions());
	return (
		<Theme>
			<form
				className={styles.stack}
				onSubmit={(event) => {
					event.preventDefault();
					setAsked(text);
					trial.mutate({ detector, settings, text });
				}}
			>
				<Textarea
					label="Text"
					description="It is looked through and kept nowhere. A model that judges is not asked here."
					autosize
					minRows={3}
					maxRows={10}
					maxLength={20_000}
					value={text}
					onChange={(event) => setText(event.currentTarget.value)}
				/>
				<div className={styles.buttons}>
					<Button type="submit" icon={IconFlask} isBusy={trial.isPending} disabled={text.trim() === ""}>
						Try it
					</Button>
				</div>
				{trial.error ? <ErrorView failure={toFailure(trial.error)} /> : null}
				{trial.data ? <Found tried={trial.data} text={asked} /> : null}
			</form>
		</Theme>
	);
}

function Found({ tried, text }: { tried: Tried; text: string }) {
	if (tried.finds.length === 0)
		return (
			<p role="status" className={styles.list}>
				Nothing was found, in {tried.ms} ms.
			</p>
		);
	return (
		<div className={styles.stack} role="status">
			<p className={styles.list}>
				{counted(tried.finds.length, "find")}: {[...new Set(tried.finds.map(({ name }) => name))].join(", ")}. It took{" "}
				{tried.ms} ms.
			</p>
			<pre className={styles.shown}>{marked(tried, text)}</pre>
			<p className={styles.list}>Covered, it reads:</p>
			<pre className={styles.shown}>{tried.redacted}</pre>
		</div>
	);
}

/** The text with what was found marked in it. */
function marked({ finds }: Tried, text: string) {
	const parts = [];
	let at = 0;
	for (const { start, end, name } of finds) {
		parts.push(text.slice(at, start));
		parts.push(
			<mark key={start} title={name}>
				{text.slice(start, end)}
			</mark>,
		);
		at = end;
	}
	return [...parts, text.slice(at)];
}
