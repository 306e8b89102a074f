"use client";

import { Checkbox, Modal, NativeSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMe } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { permissionDescriptions } from "@/server/core/permissions";
import { CreateKey, type NewKey } from "@/server/keys/contract";
import styles from "./keys.module.css";

const terms = [
	{ value: "7", label: "7 days" },
	{ value: "30", label: "30 days" },
	{ value: "90", label: "90 days" },
	{ value: "365", label: "A year" },
	{ value: "", label: "Never" },
];

type Values = {
	name: string;
	scopes: string[];
	term: string;
	addresses: string;
	tokensPerDay: number | "";
	callsPerMinute: number | "";
};

/** What stands in the form, as the procedure takes it. */
const toInput = (values: Values) => ({
	name: values.name,
	scopes: values.scopes,
	expiresInDays: values.term === "" ? null : Number(values.term),
	addresses: values.addresses.split(/[\s,]+/).filter(Boolean),
	tokensPerDay: values.tokensPerDay === "" ? null : values.tokensPerDay,
	callsPerMinute: values.callsPerMinute === "" ? null : values.callsPerMinute,
});

/** Makes a key with no more than its maker holds. */
export default function KeyForm({ onClose, onMade }: { onClose: () => void; onMade: (made: NewKey) => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const form = useForm<Values>({
		initialValues: { name: "", scopes: [], term: "90", addresses: "", tokensPerDay: "", callsPerMinute: "" },
		validate: (values) => {
			const checked = CreateKey.safeParse(toInput(values));
			const issues = checked.error?.issues ?? [];
			return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message]));
		},
	});
	const create = useMutation(
		api.keys.create.mutationOptions({
			onSuccess: async (made) => {
				await cache.invalidateQueries(api.keys.pathFilter());
				onMade(made);
			},
			onError: (error) => form.setErrors(toFailure(error).fields),
		}),
	);
	const submit = form.onSubmit((values) => create.mutate(CreateKey.parse(toInput(values))));
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Create API key" size="lg">
				<form onSubmit={submit} className={styles.stack} noValidate>
					<TextInput
						label="Name"
						description="What will use it, so that you know later which one to revoke."
						data-autofocus
						autoComplete="off"
						{...form.getInputProps("name")}
					/>
					<Scopes
						value={form.values.scopes}
						error={form.errors.scopes}
						onChange={(scopes) => form.setFieldValue("scopes", scopes)}
					/>
					<div className={styles.pair}>
						<NativeSelect label="Ends after" data={terms} {...form.getInputProps("term")} />
						<NumberInput
							label="Tokens a day"
							placeholder="As many as you"
							min={1}
							max={1_000_000_000}
							thousandSeparator=","
							{...form.getInputProps("tokensPerDay")}
						/>
						<NumberInput
							label="Calls a minute"
							placeholder="As many as you"
							min={1}
							max={6_000}
							{...form.getInputProps("callsPerMinute")}
						/>
					</div>
					<Textarea
						label="Only from these addresses"
						description="Addresses or networks such as 203.0.113.7 or 2001:db8::/32; empty: from anywhere."
						autosize
						minRows={1}
						maxRows={4}
						{...form.getInputProps("addresses")}
					/>
					{create.error ? <ErrorView failure={toFailure(create.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending}>
							Create key
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}

/** One's own rights to choose from: a key can't have others. */
function Scopes(props: { value: string[]; error: React.ReactNode; onChange: (scopes: string[]) => void }) {
	const { permissions } = useMe();
	const [search, setSearch] = useState("");
	const wanted = search.trim().toLowerCase();
	const shown = permissions.filter((one) => `${one} ${permissionDescriptions[one]}`.toLowerCase().includes(wanted));
	const isAll = shown.length > 0 && shown.every((one) => props.value.includes(one));
	const toggle = () =>
		props.onChange(
			isAll
				? props.value.filter((one) => !shown.some((other) => other === one))
				: [...new Set([...props.value, ...shown])],
		);
	return (
		<Checkbox.Group
			label={`What it may do (${props.value.length} of ${permissions.length} rights that you hold)`}
			error={props.error}
			value={props.value}
			onChange={props.onChange}
		>
			<div className={styles.stack} style={{ gap: 8, paddingTop: 6 }}>
				<div className={styles.head}>
					<TextInput
						aria-label="Search rights"
						placeholder="Search rights"
						size="xs"
						value={search}
						onChange={(event) => setSearch(event.currentTarget.value)}
					/>
					<Button size="small" onClick={toggle} disabled={shown.length === 0}>
						{isAll ? "Choose none of these" : "Choose all of these"}
					</Button>
				</div>
				{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
				<section className={styles.scopes} aria-label="Rights" tabIndex={0}>
					{shown.map((scope) => (
						<Checkbox
							key={scope}
							value={scope}
							label={<code>{scope}</code>}
							description={permissionDescriptions[scope]}
							size="xs"
						/>
					))}
					{shown.length === 0 ? (
						<span className={styles.hint}>You hold no right with that in its name or description.</span>
					) : null}
				</section>
			</div>
		</Checkbox.Group>
	);
}
