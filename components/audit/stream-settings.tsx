"use client";

import { NativeSelect, PasswordInput, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle, IconCircleCheck, IconPlayerPause } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import { Fact, Facts } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import type { AuditStream } from "@/server/audit/contract";
import styles from "./audit.module.css";

const noInput = {};
const watchMs = 3_000;

/** Where sealed entries are sent, how that goes, and the form that changes it. */
export function StreamSettings() {
	const api = useApi();
	const query = useQuery({ ...api.audit.getStream.queryOptions(noInput), refetchInterval: watchMs });
	if (query.error && !query.data)
		return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return <p className={styles.hint}>The settings are read…</p>;
	return (
		<>
			<StreamHealth stream={query.data} />
			{/* Anew after each save, also by somebody else: what stands in the fields is what was saved. */}
			<StreamForm key={query.data.version} stream={query.data} />
		</>
	);
}

function StreamHealth({ stream }: { stream: AuditStream }) {
	if (stream.url === null) return null;
	return (
		<>
			{stream.failures > 0 ? <Alarm stream={stream} /> : null}
			<Facts>
				<Fact name="State">
					<StreamState stream={stream} />
				</Fact>
				<Fact name="Sent">
					{stream.sentSeq === 0 ? "nothing yet" : `up to entry ${figure(stream.sentSeq)}`}
					{stream.sentAt ? (
						<>
							, <When at={stream.sentAt} />
						</>
					) : null}
				</Fact>
				<Fact name="Waiting">{counted(stream.waiting, "entry", "entries")}</Fact>
				<Fact name="Former secret">
					{stream.formerUntil ? (
						<>
							signs too, and no more <When at={stream.formerUntil} />
						</>
					) : null}
				</Fact>
			</Facts>
		</>
	);
}

function StreamState({ stream: { state, failures } }: { stream: AuditStream }) {
	if (state === "paused")
		return (
			<Badge tone="red" icon={IconPlayerPause} isPlain>
				Paused
			</Badge>
		);
	if (state === "off") return <Badge isPlain>Off</Badge>;
	return failures > 0 ? (
		<Badge tone="amber" icon={IconAlertTriangle} isPlain>
			Failing
		</Badge>
	) : (
		<Badge tone="accent" icon={IconCircleCheck} isPlain>
			On
		</Badge>
	);
}

function Alarm({ stream }: { stream: AuditStream }) {
	const api = useApi();
	const cache = useQueryClient();
	const resume = useMutation(
		api.audit.resumeStream.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.audit.getStream.pathFilter()),
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const isPaused = stream.state === "paused";
	return (
		<div className={styles.alarm} role="alert" data-tone={isPaused ? "red" : undefined}>
			<strong>{isPaused ? "Streaming is paused" : "The other side does not take deliveries"}</strong>
			<span>
				{stream.problem} It has failed {counted(stream.failures, "time")} in a row
				{stream.failingSince ? (
					<>
						, first <When at={stream.failingSince} />
					</>
				) : null}
				. No entry is lost: sending goes on after entry {figure(stream.sentSeq)}
				{stream.nextTryAt ? (
					<>
						, the next try is <When at={stream.nextTryAt} />
					</>
				) : null}
				.
			</span>
			{isPaused ? (
				<span>
					<Button isBusy={resume.isPending} onClick={() => resume.mutate({ basedOn: stream.version })}>
						Go on sending
					</Button>
				</span>
			) : null}
		</div>
	);
}

/** 256 bits, as other senders of webhooks write them. */
function newSecret(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(32));
	return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

const begins = [
	{ value: "", label: "Where it stands" },
	{ value: "now", label: "Only entries from now on" },
	{ value: "beginning", label: "Every entry, from the first one on" },
] as const;

function StreamForm({ stream }: { stream: AuditStream }) {
	const api = useApi();
	const cache = useQueryClient();
	const isFirst = stream.url === null;
	const [made, setMade] = useState<string | null>(null);
	const form = useForm({
		initialValues: {
			url: stream.url ?? "",
			secret: "",
			isOn: isFirst || stream.state !== "off",
			from: isFirst ? "now" : "",
		},
	});
	const refresh = () => cache.invalidateQueries(api.audit.getStream.pathFilter());
	const save = useMutation(
		api.audit.saveStream.mutationOptions({
			onSuccess: async () => {
				say("Saved");
				await refresh();
			},
			onError: (error) => form.setErrors(toFailure(error).fields),
		}),
	);
	const test = useMutation(api.audit.testStream.mutationOptions());
	const isMoved = !isFirst && form.values.url.trim() !== stream.url;
	const submit = form.onSubmit(({ url, secret, isOn, from }) =>
		save.mutate({
			url,
			isOn,
			basedOn: stream.version,
			...(secret ? { secret } : {}),
			...(from === "beginning" || from === "now" ? { from } : {}),
		}),
	);
	const generate = () => {
		const secret = newSecret();
		form.setFieldValue("secret", secret);
		setMade(secret);
	};
	return (
		<form className={styles.stack} onSubmit={submit} noValidate>
			<TextInput
				label="Address"
				placeholder="https://siem.example.org/quarterdeck"
				autoComplete="off"
				maxLength={2_000}
				{...form.getInputProps("url")}
			/>
			<div className={styles.secret}>
				<PasswordInput
					label="Secret"
					description={
						isMoved
							? "Another address: enter its secret. The old one is forgotten."
							: stream.hasSecret
								? "Kept sealed and never shown. Leave it empty to keep it; after a change the old one signs too for a day."
								: "Signs each delivery. The other side must have the same one."
					}
					autoComplete="off"
					visibilityToggleButtonProps={{ "aria-label": "Show or hide the secret" }}
					{...form.getInputProps("secret")}
				/>
				<Button onClick={generate}>Make one</Button>
			</div>
			{made && made === form.values.secret ? (
				<p className={styles.hint}>
					Give it to the other side now, it is not shown again. <CopyText text={made} label="Copy the secret" />
				</p>
			) : null}
			<NativeSelect
				label="Begin with"
				data={isFirst ? begins.filter(({ value }) => value !== "") : [...begins]}
				{...form.getInputProps("from")}
			/>
			<Switch label="Send entries" {...form.getInputProps("isOn", { type: "checkbox" })} />
			{save.error ? <ErrorView failure={toFailure(save.error)} /> : null}
			{test.error ? <ErrorView failure={toFailure(test.error)} /> : null}
			{test.data ? (
				<p className={styles.hint} role="status">
					{test.data.isTaken
						? `The other side took the test (status ${test.data.status}).`
						: `The other side did not take the test. ${test.data.problem}`}
				</p>
			) : null}
			<div className={styles.foot}>
				<Button disabled={!stream.hasSecret} isBusy={test.isPending} onClick={() => test.mutate({})}>
					Send a test
				</Button>
				<Button type="submit" look="primary" isBusy={save.isPending}>
					Save
				</Button>
			</div>
		</form>
	);
}
