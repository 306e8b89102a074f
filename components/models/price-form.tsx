"use client";

import { Modal, NumberInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { AddPrice, type Model } from "@/server/models/contract";
import styles from "./models.module.css";

const micro = 1_000_000;
const noInput = {};
type Values = { currency: string; input: number | ""; output: number | ""; cached: number | ""; from: string };

/** What a model costs from a day on; what was written down before stays as it is. */
export default function PriceForm({ model, onClose }: { model: Model; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const currency = useQuery(api.models.fixed.queryOptions(noInput)).data?.currency ?? null;
	const form = useForm<Values>({
		initialValues: { currency: currency ?? "EUR", input: "", output: "", cached: "", from: "" },
		validate: (values) => {
			const issues = AddPrice.safeParse(toPrice(model.id, values)).error?.issues ?? [];
			return Object.fromEntries(issues.map(({ path, message }) => [fields[String(path[0])] ?? "from", message]));
		},
	});
	const add = useMutation(
		api.models.addPrice.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.models.pathFilter());
				onClose();
			},
			onError: (error) => form.setErrors(toFailure(error).fields),
		}),
	);
	const amount = (field: "input" | "output" | "cached") => ({
		min: 0,
		decimalScale: 6,
		value: form.values[field],
		onChange: (value: number | string) => form.setFieldValue(field, value === "" ? "" : Number(value)),
		error: form.errors[field],
	});
	return (
		<Theme>
			<Modal opened onClose={onClose} title={`Price of ${model.name}`}>
				<form
					className={styles.stack}
					noValidate
					onSubmit={form.onSubmit((values) => add.mutate(toPrice(model.id, values)))}
				>
					<p className={styles.hint}>For a million tokens each.</p>
					<div className={styles.pair}>
						<NumberInput label="Input" data-autofocus {...amount("input")} />
						<NumberInput label="Output" {...amount("output")} />
						<NumberInput label="Input that was kept" placeholder="As other input" {...amount("cached")} />
						<TextInput
							label="Currency"
							maxLength={3}
							readOnly={currency !== null}
							autoComplete="off"
							{...form.getInputProps("currency")}
						/>
					</div>
					<TextInput label="From" description="Empty: from now on." type="date" {...form.getInputProps("from")} />
					{add.error ? <ErrorView failure={toFailure(add.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending}>
							Add price
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}

const fields: Record<string, keyof Values> = {
	currency: "currency",
	inputMicros: "input",
	outputMicros: "output",
	cachedMicros: "cached",
	validFrom: "from",
};

const toMicros = (value: number | ""): number => (value === "" ? Number.NaN : Math.round(value * micro));

const toPrice = (modelId: string, { currency, input, output, cached, from }: Values) => ({
	modelId,
	currency: currency.trim().toUpperCase(),
	inputMicros: toMicros(input),
	outputMicros: toMicros(output),
	cachedMicros: cached === "" ? null : toMicros(cached),
	...(from ? { validFrom: `${from}T00:00:00Z` } : {}),
});
