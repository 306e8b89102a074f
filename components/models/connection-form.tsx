"use client";

import { Checkbox, Modal, NativeSelect, NumberInput, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { AddConnection, type ConnectionDetail, ConnectionKind, connectionKinds } from "@/server/models/contract";
import styles from "./models.module.css";
import { kindWords } from "./money";

const seconds = 1_000;
const examples = { openai: "https://api.example.org/v1", anthropic: "https://api.anthropic.com" } as const;

type Values = Omit<AddConnection, "key"> & { key: string };

/** Connects a provider, or changes one: another address needs its key anew. */
export default function ConnectionForm(props: {
	connection?: ConnectionDetail;
	onClose: () => void;
	onSaved: (connectionId: string) => void;
}) {
	const { connection } = props;
	const api = useApi();
	const cache = useQueryClient();
	const form = useForm<Values>({
		initialValues: {
			name: connection?.name ?? "",
			kind: connection?.kind ?? "openai",
			address: connection?.address ?? "",
			key: "",
			concurrency: connection?.concurrency ?? 16,
			firstTokenMs: connection?.firstTokenMs ?? 30_000,
			idleMs: connection?.idleMs ?? 30_000,
			totalMs: connection?.totalMs ?? 120_000,
			isProbed: connection?.isProbed ?? true,
		},
		validate: ({ key, ...values }) => {
			const issues = AddConnection.safeParse({ ...values, ...(key ? { key } : {}) }).error?.issues ?? [];
			return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message]));
		},
	});
	const onSuccess = async ({ id }: ConnectionDetail) => {
		await cache.invalidateQueries(api.models.pathFilter());
		props.onSaved(id);
	};
	const onError = (error: unknown) => form.setErrors(toFailure(error).fields);
	const add = useMutation(api.models.addConnection.mutationOptions({ onSuccess, onError }));
	const change = useMutation(api.models.changeConnection.mutationOptions({ onSuccess, onError }));
	const submit = form.onSubmit(({ key, kind, ...values }) => {
		const more = key ? { key } : {};
		if (connection) change.mutate({ connectionId: connection.id, ...values, ...more, basedOn: connection.revision });
		else add.mutate({ ...values, kind, ...more });
	});
	const error = add.error ?? change.error;
	const inSeconds = (field: "firstTokenMs" | "idleMs" | "totalMs") => ({
		min: 1,
		suffix: " s",
		allowDecimal: false,
		value: form.values[field] / seconds,
		onChange: (value: number | string) => form.setFieldValue(field, Number(value) * seconds),
		error: form.errors[field],
	});
	const isElsewhere = connection && form.values.address !== connection.address;
	return (
		<Theme>
			<Modal
				opened
				onClose={props.onClose}
				title={connection ? `Change ${connection.name}` : "Add connection"}
				size="lg"
			>
				<form onSubmit={submit} className={styles.stack} noValidate>
					<TextInput label="Name" data-autofocus autoComplete="off" {...form.getInputProps("name")} />
					{connection ? null : (
						<NativeSelect
							label="Speaks"
							description="Most providers, and servers of one’s own, speak OpenAI’s HTTP API."
							data={connectionKinds.map((value) => ({ value, label: kindWords[value] }))}
							value={form.values.kind}
							onChange={(event) => form.setFieldValue("kind", ConnectionKind.parse(event.currentTarget.value))}
						/>
					)}
					<TextInput
						label="Address"
						placeholder={examples[form.values.kind]}
						autoComplete="off"
						spellCheck={false}
						{...form.getInputProps("address")}
					/>
					<PasswordInput
						label="Key"
						description={
							connection?.hasKey
								? isElsewhere
									? "Another address does not get the key of the one before: enter its own."
									: "Empty: the one that is kept stays, unless the address changes."
								: "It is kept sealed and shown to nobody. Leave it empty where the provider asks for none."
						}
						autoComplete="off"
						visibilityToggleButtonProps={{ "aria-label": "Show or hide the key" }}
						{...form.getInputProps("key")}
					/>
					<div className={styles.pair}>
						<NumberInput
							label="Requests at once"
							min={1}
							max={1_000}
							allowDecimal={false}
							value={form.values.concurrency}
							onChange={(value) => form.setFieldValue("concurrency", Number(value))}
							error={form.errors.concurrency}
						/>
						<NumberInput label="Until its first word" {...inSeconds("firstTokenMs")} />
						<NumberInput label="Longest silence" {...inSeconds("idleMs")} />
						<NumberInput label="Whole answer" {...inSeconds("totalMs")} />
					</div>
					<Checkbox
						label="Try its models once in a while"
						description="One tiny call each, where nobody asked a model for 15 minutes and a route would."
						checked={form.values.isProbed}
						onChange={(event) => form.setFieldValue("isProbed", event.currentTarget.checked)}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending || change.isPending}>
							{connection ? "Save" : "Add"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
