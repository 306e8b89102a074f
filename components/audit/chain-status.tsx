"use client";

import { IconAlertTriangle, IconCircleCheck, IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Bar } from "@/components/ui/bar";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import { When } from "@/components/ui/time";
import type { AuditStatus } from "@/server/audit/contract";
import styles from "./audit.module.css";

const noInput = {};
const restingMs = 15_000;
const workingMs = 700;

/** How the chain is: how far it is sealed and signed, and what its last verification found. */
export function ChainStatus() {
	const api = useApi();
	const cache = useQueryClient();
	const query = useQuery({
		...api.audit.status.queryOptions(noInput),
		refetchInterval: ({ state }) => (state.data?.verification?.state === "running" ? workingMs : restingMs),
	});
	const verify = useMutation(
		api.audit.verify.mutationOptions({ onSuccess: () => cache.invalidateQueries(api.audit.status.pathFilter()) }),
	);
	const status = query.data;
	if (query.error && !status) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!status) return <div className={styles.chain}>The chain is looked at…</div>;
	const { verification } = status;
	const isRunning = verification?.state === "running";
	return (
		<>
			<section
				className={styles.chain}
				aria-label="Chain"
				data-tone={verification?.state === "broken" ? "red" : undefined}
			>
				<Sealed status={status} />
				<Signed status={status} />
				<Verification verification={verification} />
				<Button
					size="small"
					icon={IconShieldCheck}
					isBusy={isRunning || verify.isPending}
					onClick={() => verify.mutate({})}
				>
					Verify
				</Button>
			</section>
			{verify.error ? <ErrorView failure={toFailure(verify.error)} /> : null}
		</>
	);
}

/** Longer than sealing should ever take, in ms. */
const longLag = 10_000;

function Sealed({ status: { size, waiting, lagMs } }: { status: AuditStatus }) {
	return (
		<span>
			{counted(size, "entry", "entries")} sealed
			{lagMs > longLag ? (
				<Badge tone="amber" icon={IconAlertTriangle} isPlain>
					{figure(waiting)} wait for sealing
				</Badge>
			) : null}
		</span>
	);
}

function Signed({ status: { checkpoint, sinks } }: { status: AuditStatus }) {
	const bad = sinks.find(({ problem }) => problem !== null);
	if (!checkpoint) return <span>no checkpoint signed yet</span>;
	return (
		<span title={`Key ${checkpoint.kid}, root ${checkpoint.root}`}>
			signed up to entry {figure(checkpoint.size)}, <When at={new Date(checkpoint.time)} />
			{bad ? (
				<>
					{" "}
					<Badge tone="amber" icon={IconAlertTriangle} isPlain>
						not kept by {bad.name}: {bad.problem}
					</Badge>
				</>
			) : null}
		</span>
	);
}

function Verification({ verification }: { verification: AuditStatus["verification"] }) {
	if (!verification) return <span>not verified yet</span>;
	const { state, checked, total, badSeq, problem, endedAt } = verification;
	switch (state) {
		case "running":
			return (
				<span className={styles.progress}>
					<Bar
						share={total > 0 ? checked / total : 0}
						label="Verifying"
						detail={`${figure(checked)} of ${figure(total)}`}
					/>
				</span>
			);
		case "valid":
			return (
				<Badge tone="accent" icon={IconCircleCheck} isPlain>
					verified, all {figure(checked)} hold{endedAt ? ", " : ""}
					{endedAt ? <When at={endedAt} /> : null}
				</Badge>
			);
		case "broken":
			return (
				<Badge tone="red" icon={IconAlertTriangle} isPlain>
					broken{badSeq === null ? "" : ` at entry ${figure(badSeq)}`}: {problem}
				</Badge>
			);
		case "failed":
			return (
				<Badge tone="amber" icon={IconAlertTriangle} isPlain>
					the last verification did not end: {problem}
				</Badge>
			);
	}
}
