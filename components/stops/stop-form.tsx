"use client";

import { Modal, NativeSelect, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { NamePicker } from "@/components/access/name-picker";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { FoundGrantee } from "@/server/access/contract";
import { type StopKind, stopKinds } from "@/server/stops/contract";
import { kindWords } from "./stop-words";
import styles from "./stops.module.css";

const isKind = (text: string): text is StopKind => stopKinds.some((kind) => kind === text);

/** Stops one thing, or everything. */
export default function StopForm({ onClose }: { onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [kind, setKind] = useState<StopKind>("agent");
	const [target, setTarget] = useState("");
	const [reason, setReason] = useState("");
	const place = useMutation(
		api.stops.place.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.stops.pathFilter());
				say("It is stopped");
				onClose();
			},
		}),
	);
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Stop something">
				<form
					className={styles.stack}
					noValidate
					onSubmit={(event) => {
						event.preventDefault();
						place.mutate({ kind, target, reason });
					}}
				>
					<NativeSelect
						label="What"
						value={kind}
						onChange={(event) => {
							const next = event.currentTarget.value;
							if (isKind(next)) setKind(next);
							setTarget("");
						}}
						data={stopKinds.map((value) => ({ value, label: kindWords[value] }))}
					/>
					<TargetField key={kind} kind={kind} value={target} onChange={setTarget} />
					<Textarea
						label="Why"
						description="Whoever may lift it reads this."
						autosize
						minRows={2}
						maxLength={500}
						value={reason}
						onChange={(event) => setReason(event.currentTarget.value)}
					/>
					{place.error ? <ErrorView failure={toFailure(place.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							type="submit"
							look="danger"
							isBusy={place.isPending}
							disabled={reason.trim() === "" || (kind !== "everything" && target === "")}
						>
							Stop it
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}

function TargetField(props: { kind: StopKind; value: string; onChange: (target: string) => void }) {
	const { kind, value, onChange } = props;
	const api = useApi();
	const maySeeTools = useMay("procedures:read");
	const agents = useQuery({ ...api.agents.list.queryOptions({ limit: 200 }), enabled: kind === "agent" });
	const tools = useQuery({ ...api.procedures.list.queryOptions({}), enabled: kind === "tool" && maySeeTools });
	const [person, setPerson] = useState<FoundGrantee | null>(null);
	const typed = (label: string, description: string) => (
		<TextInput
			label={label}
			description={description}
			maxLength={200}
			value={value}
			onChange={(event) => onChange(event.currentTarget.value)}
		/>
	);
	switch (kind) {
		case "everything":
			return null;
		case "agent":
			return (
				<Select
					label="Agent"
					searchable
					data={(agents.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
					value={value || null}
					onChange={(id) => onChange(id ?? "")}
					nothingFoundMessage="No agent by that name"
				/>
			);
		case "tool":
			return maySeeTools ? (
				<Select
					label="Tool"
					searchable
					data={(tools.data?.rows ?? []).filter(({ tool }) => tool !== null).map(({ path }) => path)}
					value={value || null}
					onChange={(path) => onChange(path ?? "")}
					nothingFoundMessage="No tool by that name"
				/>
			) : (
				typed("Tool", "Its path, such as users.setRole, or the name of a connected server's tool.")
			);
		case "model":
			return typed("Model", "Its name, as it stands under the answers.");
		case "user":
			return (
				<NamePicker
					label="Person"
					isAll
					value={person}
					onPick={(found) => {
						const one = found?.kind === "user" ? found : null;
						setPerson(one);
						onChange(one?.grantee ?? "");
					}}
				/>
			);
	}
}
