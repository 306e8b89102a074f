"use client";

import { Modal, NativeSelect, NumberInput, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Theme } from "@/components/ui/theme";
import { Exactly } from "@/components/ui/time";
import type { AskedForMore, OwnLimit } from "@/server/budgets/contract";
import { amount, unitOf } from "./budget-words";
import styles from "./budgets.module.css";

const noInput = {};

/** Asks for more of a limit that binds whoever asks; the fullest one where none is named. */
export default function AskForm({ limitId, onClose }: { limitId?: string | undefined; onClose: () => void }) {
	const api = useApi();
	const own = useQuery(api.budgets.own.queryOptions(noInput));
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Ask for more">
				{own.error && !own.data ? (
					<ErrorView failure={toFailure(own.error)} retry={() => void own.refetch()} />
				) : own.data ? (
					<Asking limits={own.data.limits} limitId={limitId} onClose={onClose} />
				) : (
					<p className={styles.hint}>Looking up what binds you…</p>
				)}
			</Modal>
		</Theme>
	);
}

function Asking(props: { limits: OwnLimit[]; limitId: string | undefined; onClose: () => void }) {
	const { limits } = props;
	const api = useApi();
	const cache = useQueryClient();
	const [chosen, setChosen] = useState(props.limitId ?? limits[0]?.limitId ?? "");
	const limit = limits.find(({ limitId }) => limitId === chosen) ?? limits[0];
	const [wanted, setWanted] = useState<number | null>(null);
	const [reason, setReason] = useState("");
	const ask = useMutation(
		api.budgets.askForMore.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.budgets.pathFilter()),
		}),
	);
	if (ask.data) return <Asked asked={ask.data} onClose={props.onClose} />;
	if (!limit) return <p className={styles.hint}>No limit binds you at the moment.</p>;
	const { measure, currency, most } = limit;
	const unit = unitOf[measure];
	const value = wanted ?? Math.max(1, (most * 2) / unit);
	return (
		<form
			className={styles.stack}
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				ask.mutate({ limitId: limit.limitId, most: Math.round(value * unit), reason });
			}}
		>
			<NativeSelect
				label="Which limit"
				value={limit.limitId}
				onChange={(event) => {
					setChosen(event.currentTarget.value);
					setWanted(null);
				}}
				data={limits.map((one) => ({ value: one.limitId, label: one.name }))}
			/>
			<NumberInput
				label={`Raise it to (${measure === "money" ? currency || "money" : measure === "storage" ? "MB" : measure})`}
				description={`It is ${amount(measure, most, currency)} now.`}
				min={0}
				thousandSeparator=","
				value={value}
				onChange={(next) => setWanted(typeof next === "number" ? next : null)}
			/>
			<Textarea
				label="What for"
				description="Whoever decides reads this."
				autosize
				minRows={2}
				maxLength={500}
				value={reason}
				onChange={(event) => setReason(event.currentTarget.value)}
			/>
			{ask.error ? <ErrorView failure={toFailure(ask.error)} /> : null}
			<div className={styles.foot}>
				<Button onClick={props.onClose}>Cancel</Button>
				<Button type="submit" look="primary" isBusy={ask.isPending} disabled={reason.trim() === ""}>
					Ask for it
				</Button>
			</div>
		</form>
	);
}

function Asked({ asked, onClose }: { asked: AskedForMore; onClose: () => void }) {
	const who =
		asked.deciders === 0
			? "Nobody may decide it yet: tell an administrator."
			: `${counted(asked.deciders, "person", "people")} may decide it.`;
	return (
		<div className={styles.stack} role="status">
			{asked.state === "raised" ? (
				<p className={styles.hint}>It was raised already: try again.</p>
			) : (
				<p className={styles.hint}>
					Your request waits for an approval. {who}
					{asked.expiresAt ? (
						<>
							{" "}
							It holds until <Exactly at={asked.expiresAt} />.
						</>
					) : null}{" "}
					Once it is approved, the limit is raised at once: try again then.
				</p>
			)}
			<div className={styles.foot}>
				{asked.approvalId ? (
					<ButtonLink href={`/approvals?open=${asked.approvalId}`}>See the request</ButtonLink>
				) : null}
				<Button look="primary" onClick={onClose}>
					Done
				</Button>
			</div>
		</div>
	);
}
