"use client";

import { Drawer, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { Trigger } from "@/server/triggers/contract";
import styles from "./triggers.module.css";

const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const zones = () => [...new Set(["UTC", here(), ...Intl.supportedValuesOf("timeZone")])];

/** Lets an agent be asked at certain times, or changes that. */
export default function ScheduleForm(props: { agentId: string; trigger?: Trigger; onClose: () => void }) {
	const { agentId, trigger, onClose } = props;
	const api = useApi();
	const cache = useQueryClient();
	const [name, setName] = useState(trigger?.name ?? "");
	const [question, setQuestion] = useState(trigger?.question ?? "");
	const [cron, setCron] = useState(trigger?.cron ?? "0 7 * * 1-5");
	const [timeZone, setTimeZone] = useState(trigger?.timeZone ?? here());
	const onSuccess = async () => {
		await cache.invalidateQueries(api.triggers.pathFilter());
		say(`${name} is saved`);
		onClose();
	};
	const add = useMutation(api.triggers.addSchedule.mutationOptions({ onSuccess }));
	const change = useMutation(api.triggers.change.mutationOptions({ onSuccess }));
	const error = add.error ?? change.error;
	const fields = { name, question, cron, timeZone };
	return (
		<Theme>
			<Drawer
				opened
				onClose={onClose}
				position="right"
				size={460}
				title={trigger ? `Change ${trigger.name}` : "New schedule"}
			>
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						if (trigger) change.mutate({ triggerId: trigger.id, ...fields, basedOn: trigger.revision });
						else add.mutate({ agentId, ...fields });
					}}
				>
					<TextInput
						label="Name"
						data-autofocus
						required
						maxLength={80}
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
					/>
					<Textarea
						label="What to ask"
						required
						autosize
						minRows={3}
						maxRows={12}
						maxLength={8_000}
						value={question}
						onChange={(event) => setQuestion(event.currentTarget.value)}
					/>
					<TextInput
						label="When"
						description="Minute, hour, day of the month, month, day of the week: 0 7 * * 1-5 is at 7:00 from Monday to Friday."
						required
						maxLength={100}
						value={cron}
						onChange={(event) => setCron(event.currentTarget.value)}
						styles={{ input: { fontFamily: "var(--qd-mono)" } }}
					/>
					<Select
						label="Time zone"
						searchable
						allowDeselect={false}
						data={zones()}
						value={timeZone}
						onChange={(zone) => setTimeZone(zone ?? "UTC")}
					/>
					<Times cron={cron} timeZone={timeZone} />
					<p className={styles.hint}>
						It is asked for you, with your rights of that moment and from your budget; its answers are among your chats.
						A time that was missed while the system was away comes once, when it is back.
					</p>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending || change.isPending}>
							{trigger ? "Save" : "Add schedule"}
						</Button>
					</div>
				</form>
			</Drawer>
		</Theme>
	);
}

function Times({ cron, timeZone }: { cron: string; timeZone: string }) {
	const api = useApi();
	const preview = useQuery({
		...api.triggers.preview.queryOptions({ cron, timeZone }),
		enabled: cron.trim() !== "",
		retry: false,
	});
	if (preview.error)
		return (
			<p className={styles.reason} role="status">
				{toFailure(preview.error).message}
			</p>
		);
	const format = new Intl.DateTimeFormat("en", { timeZone, dateStyle: "full", timeStyle: "short" });
	return (
		<div className={styles.times} role="status">
			<p>Next times</p>
			<ul>
				{(preview.data?.times ?? []).map((at) => (
					<li key={at.toISOString()}>{format.format(at)}</li>
				))}
			</ul>
		</div>
	);
}
