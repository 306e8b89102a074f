"use client";

import { IconPlayerStop, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { duration, figure } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { JobDetail, JobRun } from "@/server/jobs/contract";
import { JobState, jobName } from "./job-state";
import { Steps } from "./steps";

const isGoing = ({ state }: JobRun): boolean => state === "queued" || state === "running" || state === "parked";

/** One job: its state, its steps, every attempt with its error; ending it, running it again. */
export function JobPanel({ jobRunId, onClose }: { jobRunId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery({
		...api.jobs.get.queryOptions({ jobRunId }),
		refetchInterval: ({ state }) => (state.data && isGoing(state.data.run) ? 2_000 : false),
	});
	const run = query.data?.run;
	return (
		<SidePanel
			title={run ? jobName(run.functionId) : "Job"}
			label="Job"
			onClose={onClose}
			actions={query.data ? <Actions detail={query.data} /> : null}
		>
			{query.error && !query.data ? (
				<ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />
			) : null}
			{run ? (
				<Facts>
					<Fact name="State">
						<JobState state={run.state} />
					</Fact>
					<Fact name="Waits for">{run.waitingFor}</Fact>
					<Fact name="Error">{run.error}</Fact>
					<Fact name="Calls">{figure(run.attempts)}</Fact>
					<Fact name="Begun">
						<Exactly at={run.createdAt} />
					</Fact>
					<Fact name="Waited">
						{run.startedAt ? duration(Math.max(0, run.startedAt.getTime() - run.createdAt.getTime())) : null}
					</Fact>
					<Fact name="Took">
						{run.startedAt && run.endedAt ? duration(run.endedAt.getTime() - run.startedAt.getTime()) : null}
					</Fact>
					<Fact name="Function">
						<code>{run.functionId}</code>
					</Fact>
					<Fact name="Id">
						<CopyId value={run.id} label="job id" length={36} />
					</Fact>
				</Facts>
			) : null}
			{query.data ? (
				<PanelSection title="Steps">
					<Steps steps={query.data.steps} />
				</PanelSection>
			) : null}
		</SidePanel>
	);
}

function Actions({ detail: { run } }: { detail: JobDetail }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayWrite = useMay("jobs:write");
	const options = {
		onSuccess: () => cache.invalidateQueries(api.jobs.pathFilter()),
		onError: (error: unknown) => say(toFailure(error).message, "failed"),
	};
	const cancel = useMutation(api.jobs.cancel.mutationOptions(options));
	const retry = useMutation(api.jobs.retry.mutationOptions(options));
	if (!mayWrite) return null;
	const ask = async () => {
		const isWanted = await confirm({
			title: "Cancel this job?",
			text: "What it has done stays done; what is left of it will not happen. You can run it again later.",
			action: "Cancel job",
		});
		if (isWanted) cancel.mutate({ jobRunId: run.id });
	};
	switch (run.state) {
		case "queued":
		case "running":
		case "parked":
			return (
				<Button size="small" icon={IconPlayerStop} isBusy={cancel.isPending} onClick={() => void ask()}>
					Cancel job
				</Button>
			);
		case "failed":
		case "cancelled":
			return (
				<Button
					size="small"
					icon={IconRefresh}
					isBusy={retry.isPending}
					onClick={() => retry.mutate({ jobRunId: run.id })}
				>
					Retry
				</Button>
			);
		case "completed":
			return null;
	}
}
