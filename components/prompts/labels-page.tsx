"use client";

import { IconArrowsSplit2, IconGauge, IconLock, IconLockOpen, IconTag, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { confirm } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { Prompt, PromptLabel } from "@/server/prompts/contract";
import { GateFacts } from "./gate-facts";
import { LabelHistory } from "./label-history";
import { PromptPage } from "./prompt-page";
import styles from "./prompts.module.css";
import { Proposal } from "./proposal";
import { SplitFacts } from "./split-facts";
import { useLabelsChanged } from "./use-labels";

const MoveForm = dynamic(() => import("./move-form"), { ssr: false });
const GateForm = dynamic(() => import("./gate-form"), { ssr: false });
const SplitForm = dynamic(() => import("./split-form"), { ssr: false });

/** Which names point to which version, who moved them, and what waits for somebody. */
export function LabelsPage({ promptId }: { promptId: string }) {
	return (
		<PromptPage promptId={promptId} at="/labels">
			{({ prompt }, mayWrite) => <Labels prompt={prompt} mayWrite={mayWrite} />}
		</PromptPage>
	);
}

function Labels({ prompt, mayWrite }: { prompt: Prompt; mayWrite: boolean }) {
	const api = useApi();
	const [isNew, setNew] = useState(false);
	const { data, error, refetch } = useQuery(api.prompts.getLabels.queryOptions({ promptId: prompt.id }));
	if (!data) return error ? <ErrorView failure={toFailure(error)} retry={() => void refetch()} /> : null;
	const newButton = mayWrite ? (
		<Button look="primary" icon={IconTag} onClick={() => setNew(true)}>
			New label
		</Button>
	) : undefined;
	return (
		<div className={styles.stack}>
			{data.labels.length === 0 ? (
				<Empty icon={IconTag} title="No labels yet" action={newButton}>
					A label points to a version: agents that follow “production” answer by the one that it points to, and programs
					find it over MCP.
				</Empty>
			) : (
				<>
					<div>{newButton}</div>
					<ul className={styles.cards} aria-label="Labels">
						{data.labels.map((label) => (
							<LabelCard key={label.name} prompt={prompt} label={label} mayWrite={mayWrite} />
						))}
					</ul>
				</>
			)}
			<LabelHistory promptId={prompt.id} />
			{isNew ? <MoveForm prompt={prompt} onClose={() => setNew(false)} /> : null}
		</div>
	);
}

function LabelCard({ prompt, label, mayWrite }: { prompt: Prompt; label: PromptLabel; mayWrite: boolean }) {
	return (
		<li className={styles.card} aria-label={label.name}>
			<div className={styles.cardHead}>
				<h2>{label.name}</h2>
				<Badge tone="accent" icon={IconTag}>
					Version {label.version}
				</Badge>
				{label.isProtected ? <Badge icon={IconLock}>Protected</Badge> : null}
				{label.split ? (
					<Badge tone="amber" icon={IconArrowsSplit2}>
						Split with version {label.split.second.version}
					</Badge>
				) : null}
			</div>
			<p>
				{counted(label.agents, "agent")} {label.agents === 1 ? "follows" : "follow"} it. Changed{" "}
				<When at={label.updatedAt} />.
			</p>
			{label.gate ? <GateFacts gate={label.gate} /> : null}
			{label.split ? <SplitFacts split={label.split} /> : null}
			{label.proposal ? <Proposal promptId={prompt.id} proposal={label.proposal} mayWrite={mayWrite} /> : null}
			{mayWrite ? <Acts prompt={prompt} label={label} /> : null}
		</li>
	);
}

function Acts({ prompt, label }: { prompt: Prompt; label: PromptLabel }) {
	const api = useApi();
	const mayUnprotect = useMay("approvals:manage");
	const mayEvaluate = useMay("evaluations:read");
	const [form, setForm] = useState<"move" | "split" | "gate" | null>(null);
	const changed = useLabelsChanged(prompt.id);
	const protect = useMutation(
		api.prompts.protectLabel.mutationOptions({ onSuccess: changed(`${label.name} is changed`) }),
	);
	const end = useMutation(api.prompts.endSplit.mutationOptions({ onSuccess: changed("The split has ended") }));
	const remove = useMutation(api.prompts.removeLabel.mutationOptions({ onSuccess: changed(`${label.name} is gone`) }));
	const error = protect.error ?? end.error ?? remove.error;
	const named = { promptId: prompt.id, label: label.name, basedOn: label.revision };
	const takeAway = async () => {
		const isWanted = await confirm({
			title: `Remove the label ${label.name}?`,
			text: "Nothing follows it. Its history stays.",
			action: "Remove",
		});
		if (isWanted) remove.mutate(named);
	};
	return (
		<>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
			<div className={styles.acts}>
				<Button icon={IconTag} onClick={() => setForm("move")}>
					Move
				</Button>
				{label.split ? (
					<Button icon={IconArrowsSplit2} isBusy={end.isPending} onClick={() => end.mutate({ ...named, note: "" })}>
						End the split
					</Button>
				) : prompt.latestVersion > 1 ? (
					<Button icon={IconArrowsSplit2} onClick={() => setForm("split")}>
						Try another version
					</Button>
				) : null}
				{label.isProtected && !mayUnprotect ? null : (
					<Button
						icon={label.isProtected ? IconLockOpen : IconLock}
						isBusy={protect.isPending}
						onClick={() => protect.mutate({ ...named, isProtected: !label.isProtected })}
					>
						{label.isProtected ? "Take the protection back" : "Protect"}
					</Button>
				)}
				{label.isProtected && (mayUnprotect || !label.gate) && mayEvaluate ? (
					<Button icon={IconGauge} onClick={() => setForm("gate")}>
						{label.gate ? "Change the gate" : "Ask for an evaluation"}
					</Button>
				) : null}
				{label.isProtected || label.agents > 0 ? null : (
					<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void takeAway()}>
						Remove
					</Button>
				)}
			</div>
			{form === "move" ? <MoveForm prompt={prompt} label={label.name} onClose={() => setForm(null)} /> : null}
			{form === "gate" ? <GateForm promptId={prompt.id} label={label} onClose={() => setForm(null)} /> : null}
			{form === "split" ? <SplitForm prompt={prompt} label={label} onClose={() => setForm(null)} /> : null}
		</>
	);
}
