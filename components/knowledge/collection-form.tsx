"use client";

import { Modal, Textarea, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { AccessChoice } from "@/components/access/access-choice";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { type Collection, CreateCollection } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";

/** Makes a collection, or changes the given one. */
export default function CollectionForm({ collection, onClose }: { collection?: Collection; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const form = useForm({
		initialValues: {
			name: collection?.name ?? "",
			description: collection?.description ?? "",
			access: collection?.access ?? "private",
		},
		validate: schemaResolver(CreateCollection, { sync: true }),
	});
	const done = () => cache.invalidateQueries(api.knowledge.pathFilter());
	const create = useMutation(
		api.knowledge.createCollection.mutationOptions({
			onSuccess: async (made) => {
				await done();
				router.push(`/knowledge/${made.id}`);
			},
		}),
	);
	const update = useMutation(
		api.knowledge.updateCollection.mutationOptions({
			onSuccess: async () => {
				await done();
				router.refresh();
				onClose();
			},
		}),
	);
	const error = create.error ?? update.error;
	const submit = form.onSubmit((values) =>
		collection ? update.mutate({ collectionId: collection.id, ...values }) : create.mutate(values),
	);
	return (
		<Theme>
			<Modal opened onClose={onClose} title={collection ? "Change this collection" : "New collection"}>
				<form onSubmit={submit} className={styles.stack} noValidate>
					<TextInput label="Name" data-autofocus maxLength={100} {...form.getInputProps("name")} />
					<Textarea
						label="Description"
						description="What is in it: it helps people to choose."
						autosize
						minRows={2}
						maxRows={6}
						maxLength={1000}
						{...form.getInputProps("description")}
					/>
					<AccessChoice
						label="Who can find what is in it"
						value={form.values.access}
						onChange={(access) => form.setFieldValue("access", access)}
						says={{
							private: "Agents use it for their questions alone.",
							everyone: "Agents use it for anybody's questions.",
						}}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.formFoot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending || update.isPending}>
							{collection ? "Save" : "Create collection"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
