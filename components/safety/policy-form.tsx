"use client";

import { Checkbox, Modal, MultiSelect, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import {
	allOff,
	type Detector,
	detectors,
	type Mode,
	mayRedact,
	modes,
	noSettings,
	type Place,
	type Policy,
	places,
} from "@/server/safety/contract";
import styles from "./safety.module.css";
import { SettingsFields } from "./settings-fields";
import { detectorWords, modeWords, placeWords } from "./words";

/** Makes a policy, or a new version of the given one. */
export default function PolicyForm(props: {
	policy?: Policy;
	onClose: () => void;
	onSaved: (policyId: string) => void;
}) {
	const { policy } = props;
	const api = useApi();
	const cache = useQueryClient();
	const agents = useQuery(api.agents.list.queryOptions({ limit: 200 }));
	const [name, setName] = useState(policy?.name ?? "");
	const [detector, setDetector] = useState<Detector>(policy?.detector ?? "personal");
	const [at, setAt] = useState(policy?.modes ?? { ...allOff, output: "shadow" as Mode });
	const [settings, setSettings] = useState(policy?.settings ?? noSettings);
	const [agentIds, setAgentIds] = useState(policy?.agentIds ?? []);
	const [keepsWords, setKeepsWords] = useState(policy?.keepsWords ?? false);
	const [message, setMessage] = useState("");
	const done = {
		onSuccess: async (saved: Policy) => {
			await cache.invalidateQueries(api.safety.pathFilter());
			say("The policy is saved, and holds at once");
			props.onSaved(saved.id);
		},
	};
	const create = useMutation(api.safety.create.mutationOptions(done));
	const save = useMutation(api.safety.save.mutationOptions(done));
	const failed = create.error ?? save.error;
	const choices = modes.filter((mode) => mode !== "redact" || mayRedact(detector));
	const changeDetector = (next: Detector) => {
		setDetector(next);
		if (mayRedact(next)) return;
		const kept = places.map((place): [Place, Mode] => [place, at[place] === "redact" ? "warn" : at[place]]);
		setAt({ ...at, ...Object.fromEntries(kept) });
	};
	const send = () => {
		const same = {
			...{ name, modes: at, settings, keepsWords },
			agentIds: agentIds.length > 0 ? agentIds : null,
		};
		if (policy) save.mutate({ ...same, policyId: policy.id, basedOn: policy.version, message });
		else create.mutate({ ...same, detector });
	};
	return (
		<Theme>
			<Modal opened onClose={props.onClose} size="lg" title={policy ? "Change this policy" : "New policy"}>
				<form
					className={styles.stack}
					noValidate
					onSubmit={(event) => {
						event.preventDefault();
						send();
					}}
				>
					<TextInput
						label="Name"
						required
						maxLength={100}
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
					/>
					<NativeSelect
						label="What it looks for"
						disabled={policy !== undefined}
						value={detector}
						onChange={(event) =>
							changeDetector(detectors.find((one) => one === event.currentTarget.value) ?? "personal")
						}
						data={detectors.map((value) => ({ value, label: detectorWords[value] }))}
					/>
					<SettingsFields detector={detector} settings={settings} onChange={setSettings} />
					<fieldset className={styles.places} aria-label="Where it looks, and what then">
						{places.map((place) => (
							<NativeSelect
								key={place}
								label={placeWords[place]}
								value={at[place]}
								onChange={(event) =>
									setAt({ ...at, [place]: modes.find((one) => one === event.currentTarget.value) ?? "off" })
								}
								data={choices.map((value) => ({ value, label: modeWords[value] }))}
							/>
						))}
					</fieldset>
					<MultiSelect
						label="Agents"
						placeholder={agentIds.length === 0 ? "Every agent" : undefined}
						searchable
						value={agentIds}
						onChange={setAgentIds}
						data={(agents.data?.rows ?? []).map(({ id, name: label }) => ({ value: id, label }))}
						nothingFoundMessage="No agent by that name"
					/>
					<Checkbox
						label="Keep the words around what is found"
						description="Whoever may see policies reads them among the findings. Secrets are masked all the same."
						checked={keepsWords}
						onChange={(event) => setKeepsWords(event.currentTarget.checked)}
					/>
					{policy ? (
						<TextInput
							label="What is new in it"
							maxLength={500}
							value={message}
							onChange={(event) => setMessage(event.currentTarget.value)}
						/>
					) : null}
					{failed ? <ErrorView failure={toFailure(failed)} /> : null}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending || save.isPending}>
							{policy ? "Save as a new version" : "Make the policy"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
