"use client";

import { Checkbox, Modal, NumberInput, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { AddRoute, type Route } from "@/server/models/contract";
import styles from "./models.module.css";
import { StepsField } from "./steps-field";

type Values = Required<AddRoute>;

/** Makes a route, or changes one: its models, in which order, and when each is asked. */
export default function RouteForm(props: { route?: Route; onClose: () => void; onSaved: (routeId: string) => void }) {
	const { route, onClose } = props;
	const api = useApi();
	const cache = useQueryClient();
	const models = useQuery(api.models.list.queryOptions({ limit: 200, sort: "createdAt" }));
	const form = useForm<Values>({
		initialValues: {
			name: route?.name ?? "",
			description: route?.description ?? "",
			totalMs: route?.totalMs ?? 120_000,
			regions: route?.regions ?? [],
			steps: route?.steps.map(({ modelId, conditions }) => ({ modelId, conditions })) ?? [],
			isDefault: route?.isDefault ?? false,
		},
		validate: (values) => {
			const issues = AddRoute.safeParse(values).error?.issues ?? [];
			return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message]));
		},
	});
	const onSuccess = async ({ id }: Route) => {
		await Promise.all([
			cache.invalidateQueries(api.models.pathFilter()),
			cache.invalidateQueries(api.agents.models.pathFilter()),
		]);
		props.onSaved(id);
	};
	const onError = (error: unknown) => form.setErrors(toFailure(error).fields);
	const add = useMutation(api.models.addRoute.mutationOptions({ onSuccess, onError }));
	const change = useMutation(api.models.changeRoute.mutationOptions({ onSuccess, onError }));
	const submit = form.onSubmit(({ name, ...values }) => {
		if (route) change.mutate({ routeId: route.id, ...values, basedOn: route.revision });
		else add.mutate({ name, ...values });
	});
	const error = add.error ?? change.error ?? models.error;
	return (
		<Theme>
			<Modal opened onClose={onClose} title={route ? `Change ${route.name}` : "New route"} size="lg">
				<form onSubmit={submit} className={styles.stack} noValidate>
					{route ? null : (
						<TextInput
							label="Name"
							description="Agents name it by this. It stays."
							placeholder="fast"
							data-autofocus
							autoComplete="off"
							spellCheck={false}
							{...form.getInputProps("name")}
						/>
					)}
					<TextInput label="What it is for" autoComplete="off" maxLength={300} {...form.getInputProps("description")} />
					<StepsField
						steps={form.values.steps}
						models={models.data?.rows ?? []}
						error={form.errors.steps}
						onChange={(steps) => form.setFieldValue("steps", steps)}
					/>
					<div className={styles.pair}>
						<NumberInput
							label="Whole answer"
							description="With every retry and model."
							min={1}
							suffix=" s"
							allowDecimal={false}
							value={form.values.totalMs / 1_000}
							onChange={(value) => form.setFieldValue("totalMs", Number(value) * 1_000)}
							error={form.errors.totalMs}
						/>
						<TagsInput
							label="Data regions"
							description="Empty: any. Others are not asked."
							placeholder={form.values.regions.length === 0 ? "eu" : undefined}
							data={[...new Set((models.data?.rows ?? []).map(({ dataRegion }) => dataRegion).filter(Boolean))]}
							{...form.getInputProps("regions")}
						/>
					</div>
					<Checkbox
						label="The default route"
						description="It answers where an agent names no route."
						checked={form.values.isDefault}
						onChange={(event) => form.setFieldValue("isDefault", event.currentTarget.checked)}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending || change.isPending}>
							{route ? "Save" : "Make route"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
