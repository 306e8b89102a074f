"use client";

import { Modal, Textarea, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { AccessChoice } from "@/components/access/access-choice";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { CreatePrompt, type PromptVariable } from "@/server/prompts/contract";
import styles from "./prompts.module.css";
import { VariableFields } from "./variable-fields";
import { cleaned, variablesFor } from "./variables";

/** Makes a prompt; its text can be changed at leisure afterwards. */
export default function PromptForm({ onClose }: { onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const form = useForm<CreatePrompt>({
		initialValues: { name: "", body: "", message: "", access: "private" },
		validate: schemaResolver(CreatePrompt, { sync: true }),
	});
	const [declared, setDeclared] = useState<PromptVariable[]>([]);
	const { variables, fault } = variablesFor([form.values.body], declared);
	const create = useMutation(
		api.prompts.create.mutationOptions({
			onSuccess: async ({ prompt }) => {
				await cache.invalidateQueries(api.prompts.list.pathFilter());
				router.push(`/prompts/${prompt.id}`);
			},
		}),
	);
	return (
		<Theme>
			<Modal opened onClose={onClose} title="New prompt" size={620}>
				<form
					className={styles.stack}
					onSubmit={form.onSubmit((values) => create.mutate({ ...values, variables: cleaned(variables) }))}
					noValidate
				>
					<TextInput label="Name" data-autofocus maxLength={80} {...form.getInputProps("name")} />
					<Textarea
						label="Text"
						description="What an agent with this prompt is told before each question."
						autosize
						minRows={6}
						maxRows={16}
						{...form.getInputProps("body")}
					/>
					{fault ? <p className={styles.fault}>{fault}</p> : null}
					<VariableFields variables={variables} isReadOnly={false} onChange={setDeclared} />
					<AccessChoice
						label="Who can read it and use it for agents"
						value={form.values.access}
						onChange={(access) => form.setFieldValue("access", access)}
						says={{
							private: "Agents that use it can be shared all the same.",
							everyone: "Whoever may read prompts finds it.",
						}}
					/>
					{create.error ? <ErrorView failure={toFailure(create.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending}>
							Create prompt
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
