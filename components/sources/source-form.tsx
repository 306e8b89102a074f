"use client";

import { Modal, NativeSelect, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { AddSource, kindFields, type Source, type SourceKind, sourceKinds } from "@/server/sources/contract";
import styles from "./sources.module.css";
import { intervals, intervalWords, kindWords } from "./words";

const settings = ["branch", "username", "bucket", "region", "prefix", "keyId"] as const;
type Setting = (typeof settings)[number];
type Values = {
	kind: SourceKind;
	name: string;
	address: string;
	include: string;
	secret: string;
	every: string;
} & Record<Setting, string>;

const addressFields = {
	folder: { label: "Folder", placeholder: "/srv/handbook", description: "On the server." },
	git: {
		label: "Address",
		placeholder: "https://git.example.org/team/handbook.git",
		description: "Of the repository, over https. Its last commit is read.",
	},
	s3: {
		label: "Endpoint",
		placeholder: "https://s3.example.org",
		description: "Of any S3-compatible store, without the bucket.",
	},
	sitemap: {
		label: "Address",
		placeholder: "https://www.example.org/sitemap.xml",
		description: "Its pages of the same site are read, at most 1,000.",
	},
} as const satisfies Record<SourceKind, object>;

const settingFields = {
	branch: { label: "Branch", description: "Empty: the main one.", placeholder: "main" },
	username: { label: "User name", description: "Goes with the token. Empty: git.", placeholder: "git" },
	bucket: { label: "Bucket", description: undefined, placeholder: "handbook" },
	region: { label: "Region", description: "Empty: us-east-1.", placeholder: "us-east-1" },
	prefix: { label: "Folder in the bucket", description: "Empty: all of it.", placeholder: "team/" },
	keyId: { label: "Key id", description: "Empty: the bucket is read unsigned.", placeholder: "" },
} as const satisfies Record<Setting, object>;

const secretFields = { git: "Token", s3: "Secret key" } as const;

/** Only what the kind has, and what is filled in. */
function toInput({ every, secret, kind, ...values }: Values) {
	const known: readonly string[] = kindFields[kind];
	const more = settings.flatMap((name) =>
		known.includes(name) && values[name].trim() ? [[name, values[name].trim()]] : [],
	);
	return {
		...{ kind, name: values.name, address: values.address, include: values.include },
		...(Object.fromEntries(more) as Partial<Record<Setting, string>>),
		...(secret && kind in secretFields ? { secret } : {}),
		everyMinutes: every === "" ? null : Number(every),
	};
}

/** Adds a source, or changes one: another place needs its secret anew. */
export default function SourceForm(props: { collectionId: string; source?: Source; onClose: () => void }) {
	const { collectionId, source, onClose } = props;
	const api = useApi();
	const cache = useQueryClient();
	const form = useForm<Values>({
		initialValues: {
			kind: source?.kind ?? "folder",
			name: source?.name ?? "",
			address: source?.address ?? "",
			include: source?.include ?? "",
			secret: "",
			every: source ? String(source.everyMinutes ?? "") : "1440",
			...(Object.fromEntries(settings.map((name) => [name, source?.[name] ?? ""])) as Record<Setting, string>),
		},
		validate: (values) => {
			// A secret that is kept need not be typed again.
			const kept = source?.hasSecret && !values.secret ? { secret: "kept" } : {};
			const issues = AddSource.safeParse({ collectionId, ...toInput(values), ...kept }).error?.issues ?? [];
			return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message]));
		},
	});
	const onSuccess = async () => {
		await cache.invalidateQueries(api.sources.pathFilter());
		onClose();
	};
	const onError = (error: unknown) => form.setErrors(toFailure(error).fields);
	const add = useMutation(api.sources.add.mutationOptions({ onSuccess, onError }));
	const change = useMutation(api.sources.change.mutationOptions({ onSuccess, onError }));
	const submit = form.onSubmit((values) => {
		const input = toInput(values);
		if (!source) return add.mutate({ collectionId, ...input });
		const { kind, bucket, ...changed } = input;
		const emptied = settings.filter((name) => name !== "bucket" && source[name] && !input[name]);
		change.mutate({
			...{ sourceId: source.id, ...changed, ...(bucket ? { bucket } : {}) },
			...Object.fromEntries(emptied.map((name) => [name, null])),
			basedOn: source.revision,
		});
	});
	const { kind } = form.values;
	const error = add.error ?? change.error;
	const known: readonly string[] = kindFields[kind];
	const every = [
		...intervals.map(({ minutes, label }) => ({ value: String(minutes), label })),
		{ value: "", label: "Only by hand" },
	];
	const isOdd = !every.some(({ value }) => value === form.values.every);
	return (
		<Theme>
			<Modal opened onClose={onClose} title={source ? `Change ${source.name}` : "Add source"} size="lg">
				<form onSubmit={submit} className={styles.stack} noValidate>
					{source ? null : (
						<NativeSelect
							label="Kind"
							data={sourceKinds.map((value) => ({ value, label: kindWords[value] }))}
							{...form.getInputProps("kind")}
						/>
					)}
					<TextInput label="Name" data-autofocus autoComplete="off" {...form.getInputProps("name")} />
					{kind === "folder" ? <Folders /> : null}
					<TextInput
						autoComplete="off"
						spellCheck={false}
						{...addressFields[kind]}
						{...form.getInputProps("address")}
					/>
					{settings
						.filter((name) => known.includes(name))
						.map((name) => (
							<TextInput
								key={name}
								autoComplete="off"
								spellCheck={false}
								{...settingFields[name]}
								{...form.getInputProps(name)}
							/>
						))}
					{kind === "git" || kind === "s3" ? (
						<PasswordInput
							label={secretFields[kind]}
							description={
								source?.hasSecret
									? "Empty: the one that is kept stays, unless the place, the user or the key id changes."
									: "Where it asks for one; to read is enough. It is kept sealed and shown to nobody."
							}
							autoComplete="off"
							visibilityToggleButtonProps={{ "aria-label": `Show or hide the ${secretFields[kind].toLowerCase()}` }}
							{...form.getInputProps("secret")}
						/>
					) : null}
					<Textarea
						label="Patterns"
						description="Which files it takes, one a line: docs/** or *.md; !drafts/** leaves out. Empty: all that can be read."
						autosize
						minRows={2}
						maxRows={8}
						spellCheck={false}
						{...form.getInputProps("include")}
					/>
					<NativeSelect
						label="Is synced"
						data={
							isOdd ? [{ value: form.values.every, label: intervalWords(Number(form.values.every)) }, ...every] : every
						}
						{...form.getInputProps("every")}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending || change.isPending}>
							{source ? "Save" : "Add source"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}

/** What folders may be read, for who has to name one. */
function Folders() {
	const api = useApi();
	const { data } = useQuery(api.sources.getFolders.queryOptions({}));
	if (!data) return null;
	return (
		<p className={styles.hint}>
			{data.folders.length > 0 ? (
				<>
					Folders below <code>{data.folders.join(", ")}</code> can be read.
				</>
			) : (
				<>
					No folder of the server can be read yet. Whoever runs this installation allows some by{" "}
					<code>QD_SOURCE_FOLDERS</code>.
				</>
			)}
		</p>
	);
}
