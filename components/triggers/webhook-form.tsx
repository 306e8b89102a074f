"use client";

import { Drawer, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { Trigger, WebhookSecret } from "@/server/triggers/contract";
import HookSecret from "./hook-secret";
import styles from "./triggers.module.css";

/** Lets another program ask an agent, or changes what is asked. */
export default function WebhookForm(props: { agentId: string; trigger?: Trigger; onClose: () => void }) {
	const { agentId, trigger, onClose } = props;
	const api = useApi();
	const cache = useQueryClient();
	const [name, setName] = useState(trigger?.name ?? "");
	const [question, setQuestion] = useState(trigger?.question ?? "");
	const [made, setMade] = useState<WebhookSecret | null>(null);
	const refresh = () => cache.invalidateQueries(api.triggers.pathFilter());
	const add = useMutation(
		api.triggers.addWebhook.mutationOptions({
			onSuccess: (answer) => {
				setMade(answer);
				void refresh();
			},
		}),
	);
	const change = useMutation(
		api.triggers.change.mutationOptions({
			onSuccess: async () => {
				await refresh();
				say(`${name} is saved`);
				onClose();
			},
		}),
	);
	const error = add.error ?? change.error;
	if (made) return <HookSecret made={made} onClose={onClose} />;
	return (
		<Theme>
			<Drawer
				opened
				onClose={onClose}
				position="right"
				size={460}
				title={trigger ? `Change ${trigger.name}` : "New webhook"}
			>
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						if (trigger) change.mutate({ triggerId: trigger.id, name, question, basedOn: trigger.revision });
						else add.mutate({ agentId, name, question });
					}}
				>
					<TextInput
						label="Name"
						data-autofocus
						required
						maxLength={80}
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
					/>
					<Textarea
						label="What to ask"
						description="What the call brings follows it, marked as data. It has at most 16 kB."
						required
						autosize
						minRows={3}
						maxRows={12}
						maxLength={8_000}
						value={question}
						onChange={(event) => setQuestion(event.currentTarget.value)}
					/>
					<p className={styles.hint}>
						Each call is signed with a secret that is shown once. It is asked for you, with your rights of that moment
						and from your budget; its answers are among your chats.
					</p>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending || change.isPending}>
							{trigger ? "Save" : "Add webhook"}
						</Button>
					</div>
				</form>
			</Drawer>
		</Theme>
	);
}
