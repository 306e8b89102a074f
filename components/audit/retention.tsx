"use client";

import { NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts } from "@/components/ui/side-panel";
import type { AuditStatus } from "@/server/audit/contract";
import styles from "./audit.module.css";

const noInput = {};
const offered = [6, 12, 24, 36, 60, 84, 120];
const tell = (months: number) =>
	months % 12 === 0 ? (months === 12 ? "1 year" : `${months / 12} years`) : `${months} months`;

/** How long entries are kept. */
export function RetentionSettings() {
	const api = useApi();
	const query = useQuery(api.audit.status.queryOptions(noInput));
	if (query.error && !query.data)
		return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return <p className={styles.hint}>The settings are read…</p>;
	return <RetentionForm key={String(query.data.retentionMonths)} status={query.data} />;
}

function RetentionForm({ status }: { status: AuditStatus }) {
	const api = useApi();
	const cache = useQueryClient();
	const now = status.retentionMonths;
	const [months, setMonths] = useState(now === null ? "" : String(now));
	const save = useMutation(
		api.audit.setRetention.mutationOptions({
			onSuccess: async () => {
				say("Saved");
				await cache.invalidateQueries(api.audit.status.pathFilter());
			},
		}),
	);
	const options = [...new Set([...offered, ...(now === null ? [] : [now])])].toSorted((a, b) => a - b);
	const apply = async () => {
		const wanted = months === "" ? null : Number(months);
		const isShorter = wanted !== null && (now === null || wanted < now);
		const isSure =
			!isShorter ||
			(await confirm({
				title: `Keep entries for ${tell(wanted)} only?`,
				text: "Whole months that are older are dropped, for good. What is held, and what is yet to be streamed, stays.",
				action: "Keep no longer",
			}));
		if (isSure) save.mutate({ months: wanted });
	};
	return (
		<div className={styles.stack}>
			<Facts>
				<Fact name="Oldest entry">
					{status.firstSeq === null ? "none yet" : `number ${figure(status.firstSeq)}`}
					{status.firstSeq !== null && status.firstSeq > 1 ? ", those before were dropped" : ""}
				</Fact>
			</Facts>
			<NativeSelect
				label="Keep entries for"
				value={months}
				onChange={(event) => setMonths(event.target.value)}
				data={[{ value: "", label: "Ever" }, ...options.map((one) => ({ value: String(one), label: tell(one) }))]}
			/>
			{save.error ? <ErrorView failure={toFailure(save.error)} /> : null}
			<div className={styles.foot}>
				<Button
					look="primary"
					isBusy={save.isPending}
					disabled={months === (now === null ? "" : String(now))}
					onClick={() => void apply()}
				>
					Save
				</Button>
			</div>
		</div>
	);
}
