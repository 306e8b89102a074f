"use client";

import { Checkbox, Modal, NumberInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { AddModel, type Model, type ModelCapability, modelCapabilities } from "@/server/models/contract";
import styles from "./models.module.css";
import { capabilityWords } from "./money";

type Values = Omit<AddModel, "connectionId">;

/** Adds a model of a connection, or changes what is known of one. */
export default function ModelForm(props: { connectionId: string; model?: Model; onClose: () => void }) {
	const { connectionId, model, onClose } = props;
	const api = useApi();
	const cache = useQueryClient();
	const form = useForm<Values>({
		initialValues: {
			name: model?.name ?? "",
			contextTokens: model?.contextTokens ?? 128_000,
			modalities: model?.modalities ?? ["text"],
			capabilities: model?.capabilities ?? ["tools"],
			dataRegion: model?.dataRegion ?? "",
		},
		validate: (values) => {
			const issues = AddModel.safeParse({ connectionId, ...values }).error?.issues ?? [];
			return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message]));
		},
	});
	const onSuccess = async () => {
		await cache.invalidateQueries(api.models.pathFilter());
		onClose();
	};
	const onError = (error: unknown) => form.setErrors(toFailure(error).fields);
	const add = useMutation(api.models.addModel.mutationOptions({ onSuccess, onError }));
	const change = useMutation(api.models.changeModel.mutationOptions({ onSuccess, onError }));
	const submit = form.onSubmit((values) => {
		if (model) change.mutate({ modelId: model.id, ...values, basedOn: model.revision });
		else add.mutate({ connectionId, ...values });
	});
	const { modalities, capabilities } = form.values;
	const set = (one: ModelCapability, isOn: boolean) =>
		form.setFieldValue("capabilities", isOn ? [...capabilities, one] : capabilities.filter((other) => other !== one));
	const error = add.error ?? change.error;
	return (
		<Theme>
			<Modal opened onClose={onClose} title={model ? `Change ${model.name}` : "Add model"}>
				<form onSubmit={submit} className={styles.stack} noValidate>
					<TextInput
						label="Name"
						description="As its provider calls it."
						data-autofocus
						autoComplete="off"
						spellCheck={false}
						{...form.getInputProps("name")}
					/>
					<NumberInput
						label="Context length"
						description="Most tokens of a question and its answer together."
						min={1_000}
						allowDecimal={false}
						thousandSeparator=","
						value={form.values.contextTokens}
						onChange={(value) => form.setFieldValue("contextTokens", Number(value))}
						error={form.errors.contextTokens}
					/>
					<fieldset className={styles.choices}>
						<legend>What it can</legend>
						<div className={styles.modelHead}>
							<Checkbox
								label="See pictures"
								checked={modalities.includes("image")}
								onChange={(event) =>
									form.setFieldValue("modalities", event.currentTarget.checked ? ["text", "image"] : ["text"])
								}
							/>
							{modelCapabilities.map((one) => (
								<Checkbox
									key={one}
									label={one === "tools" ? "Call tools" : `Answer in ${capabilityWords[one]}`}
									checked={capabilities.includes(one)}
									onChange={(event) => set(one, event.currentTarget.checked)}
								/>
							))}
						</div>
					</fieldset>
					<TextInput
						label="Data region"
						description="Where its provider works on what it is told, such as eu. A route can ask for it."
						autoComplete="off"
						spellCheck={false}
						{...form.getInputProps("dataRegion")}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending || change.isPending}>
							{model ? "Save" : "Add"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
