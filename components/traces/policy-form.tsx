"use client";

import { Checkbox, NumberInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { When } from "@/components/ui/time";
import type { TracePolicy } from "@/server/traces/contract";
import styles from "./traces.module.css";
import { TracesTabs } from "./traces-tabs";

const noInput = {};
const systems = { otlp: "OpenTelemetry", langsmith: "LangSmith" } as const;

/** How many traces are kept, for how long, and whether with what was said. */
export function TracePolicyPage() {
	const api = useApi();
	const policy = useQuery(api.traces.policy.queryOptions(noInput));
	return (
		<ReadPage>
			<PageHeader title="Traces">What is kept of what was done, and for how long.</PageHeader>
			<TracesTabs />
			{policy.error && !policy.data ? (
				<ErrorView failure={toFailure(policy.error)} retry={() => void policy.refetch()} />
			) : null}
			{policy.data ? <PolicyForm key={policy.data.revision} policy={policy.data} /> : null}
		</ReadPage>
	);
}

function PolicyForm({ policy }: { policy: TracePolicy }) {
	const api = useApi();
	const cache = useQueryClient();
	const [samplePercent, setSample] = useState(policy.samplePercent);
	const [retentionDays, setDays] = useState(policy.retentionDays);
	const [keepsContent, setContent] = useState(policy.keepsContent);
	const save = useMutation(
		api.traces.setPolicy.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.traces.policy.pathFilter());
				say("Saved");
			},
		}),
	);
	return (
		<Theme>
			<form
				className={styles.policy}
				onSubmit={(event) => {
					event.preventDefault();
					save.mutate({ samplePercent, retentionDays, keepsContent, revision: policy.revision });
				}}
			>
				<NumberInput
					label="Kept of a hundred traces"
					description="Those in which something failed are kept all."
					suffix=" %"
					min={0}
					max={100}
					allowDecimal={false}
					value={samplePercent}
					onChange={(value) => setSample(Number(value))}
				/>
				<NumberInput
					label="Kept for"
					description="Then they go at night, by whole days."
					suffix=" days"
					min={1}
					max={400}
					allowDecimal={false}
					value={retentionDays}
					onChange={(value) => setDays(Number(value))}
				/>
				<Checkbox
					label="Keep what models are told and what they say"
					description="It may hold what people wrote and what documents say. Whoever may read the prompt sees it."
					checked={keepsContent}
					onChange={(event) => setContent(event.currentTarget.checked)}
				/>
				<p className={styles.hint}>
					{policy.exports.length > 0
						? `Sent as well to ${policy.exports.map(({ to, host }) => `${systems[to]} at ${host}`).join(", ")}.`
						: "Sent nowhere else. The environment says where to: OTEL_EXPORTER_OTLP_ENDPOINT, LANGSMITH_TRACING."}
				</p>
				{save.error ? <ErrorView failure={toFailure(save.error)} /> : null}
				<div className={styles.foot}>
					<span className={styles.hint}>
						{policy.updatedAt ? (
							<>
								Set by {policy.updatedByName ?? "somebody who is gone"} <When at={policy.updatedAt} />
							</>
						) : (
							"Nobody has set it yet."
						)}
					</span>
					<Button type="submit" look="primary" isBusy={save.isPending}>
						Save
					</Button>
				</div>
			</form>
		</Theme>
	);
}
