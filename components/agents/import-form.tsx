"use client";

import { Checkbox, FileInput, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { AgentDocument } from "@/server/agents/contract";
import styles from "./agents.module.css";

/** Reads an exported agent into a draft, and says what it names that is not here. */
export default function ImportForm({ onClose }: { onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const [document, setDocument] = useState<AgentDocument | null>(null);
	const [unread, setUnread] = useState<string | null>(null);
	const [name, setName] = useState("");
	const [leaveOut, setLeaveOut] = useState(false);
	const load = useMutation(
		api.agents.import.mutationOptions({
			onSuccess: async ({ agentId, leftOut, triggers }) => {
				await cache.invalidateQueries(api.agents.pathFilter());
				const paused =
					triggers > 0 ? `; ${counted(triggers, "schedule or webhook is", "schedules and webhooks are")} paused` : "";
				say(
					`${leftOut.length > 0 ? `Imported, with ${counted(leftOut.length, "thing")} left out` : "Imported as a draft"}${paused}`,
				);
				router.push(`/agents/${agentId}`);
			},
		}),
	);
	const read = async (file: File | null) => {
		setDocument(null);
		setUnread(null);
		load.reset();
		if (!file) return;
		const found = AgentDocument.safeParse(
			await file
				.text()
				.then(JSON.parse)
				.catch(() => null),
		);
		if (!found.success) return setUnread(why(found.error.issues[0]));
		setDocument(found.data);
		setName(found.data.name);
	};
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Import an agent">
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						if (document) load.mutate({ document, name, leaveOut });
					}}
				>
					<FileInput
						label="Document"
						description="What “Export” of an agent gave, here or elsewhere."
						placeholder="Choose a .json file"
						accept="application/json,.json"
						error={unread}
						onChange={(file) => void read(file)}
					/>
					{document ? (
						<TextInput
							label="Name here"
							required
							maxLength={60}
							value={name}
							onChange={(event) => setName(event.currentTarget.value)}
						/>
					) : null}
					{load.error ? <ErrorView title="It can’t be imported so" failure={toFailure(load.error)} /> : null}
					{document ? (
						<Checkbox
							label="Leave out what is not here"
							description="Prompts, models, collections and tools that there are not, or that you may not use."
							checked={leaveOut}
							onChange={(event) => setLeaveOut(event.currentTarget.checked)}
						/>
					) : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" disabled={!document || !name.trim()} isBusy={load.isPending}>
							Import as a draft
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}

const why = (issue: { path: PropertyKey[]; message: string } | undefined): string =>
	issue && issue.path.length > 0
		? `${issue.path.join(".")}: ${issue.message}`
		: "This is no exported agent: choose the .json file that “Export” gave.";
