"use client";

import { Modal, Textarea, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { CreateGroup, type Group } from "@/server/access/contract";
import styles from "./access.module.css";

/** Makes a group, or renames the given one. */
export default function GroupForm(props: { group?: Group; onClose: () => void; onMade?: (id: string) => void }) {
	const { group, onClose } = props;
	const api = useApi();
	const cache = useQueryClient();
	const form = useForm<CreateGroup>({
		initialValues: { name: group?.name ?? "", description: group?.description ?? "" },
		validate: schemaResolver(CreateGroup, { sync: true }),
	});
	const onSuccess = async (saved: Group) => {
		await cache.invalidateQueries(api.access.pathFilter());
		onClose();
		props.onMade?.(saved.id);
	};
	const create = useMutation(api.access.createGroup.mutationOptions({ onSuccess }));
	const update = useMutation(api.access.updateGroup.mutationOptions({ onSuccess }));
	const error = create.error ?? update.error;
	return (
		<Theme>
			<Modal opened onClose={onClose} title={group ? "Change this group" : "New group"}>
				<form
					className={styles.stack}
					noValidate
					onSubmit={form.onSubmit((values) =>
						group ? update.mutate({ groupId: group.id, ...values }) : create.mutate(values),
					)}
				>
					<TextInput label="Name" data-autofocus maxLength={60} {...form.getInputProps("name")} />
					<Textarea
						label="What it is for"
						autosize
						minRows={2}
						maxLength={300}
						{...form.getInputProps("description")}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending || update.isPending}>
							{group ? "Save" : "Create group"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
