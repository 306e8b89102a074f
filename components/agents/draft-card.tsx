"use client";

import { IconCheck, IconCornerUpLeft, IconEye, IconPencil, IconRocket, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { Agent, AgentVersion } from "@/server/agents/contract";
import styles from "./agents.module.css";
import { DefinitionFacts } from "./definition-facts";
import { VersionChanges } from "./version-changes";

const ReturnForm = dynamic(() => import("./return-form"), { ssr: false });

/** What somebody has in mind for an agent: what it changes, and what has to be done before it answers. */
export function DraftCard({ agent, onEdit }: { agent: Agent; onEdit: () => void }) {
	const api = useApi();
	const query = useQuery(api.agents.getDraft.queryOptions({ agentId: agent.id }));
	const draft = query.data;
	if (!draft)
		return query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null;
	return (
		<section className={styles.section} aria-labelledby="draft">
			<div className={styles.sectionHead}>
				<h2 id="draft">Draft</h2>
				<State draft={draft} needsReview={agent.needsReview} />
			</div>
			<p>
				By {draft.authorNames.join(", ") || "the installation"}, <When at={draft.updatedAt} />
				{draft.message ? `: ${draft.message}` : ""}
			</p>
			{draft.reviewedByName ? (
				<p>
					{draft.isApproved ? "Approved" : "Sent back"} by {draft.reviewedByName}
					{draft.reviewNote ? `: ${draft.reviewNote}` : ""}
				</p>
			) : null}
			{agent.version === null ? (
				<DefinitionFacts of={draft} />
			) : (
				<VersionChanges agentId={agent.id} from={agent.version} />
			)}
			<Acts agent={agent} draft={draft} onEdit={onEdit} />
		</section>
	);
}

function State({ draft, needsReview }: { draft: AgentVersion; needsReview: boolean }) {
	if (draft.isApproved)
		return (
			<Badge tone="accent" icon={IconCheck}>
				Approved
			</Badge>
		);
	if (draft.reviewAskedAt)
		return (
			<Badge tone="amber" icon={IconEye}>
				Waits for a review
			</Badge>
		);
	return needsReview ? <Badge>Needs a review</Badge> : null;
}

function Acts({ agent, draft, onEdit }: { agent: Agent; draft: AgentVersion; onEdit: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [isReturning, setReturning] = useState(false);
	const done = (words: string) => async () => {
		await cache.invalidateQueries(api.agents.pathFilter());
		say(words);
	};
	const publish = useMutation(api.agents.publish.mutationOptions({ onSuccess: done(`${agent.name} answers so now`) }));
	const ask = useMutation(api.agents.askReview.mutationOptions({ onSuccess: done("It waits for a review") }));
	const review = useMutation(api.agents.review.mutationOptions({ onSuccess: done("The draft is approved") }));
	const discard = useMutation(api.agents.discardDraft.mutationOptions({ onSuccess: done("The draft is gone") }));
	const error = publish.error ?? ask.error ?? review.error ?? discard.error;
	const failure = error ? toFailure(error) : null;
	const { id: agentId } = agent;
	const read = { agentId, basedOn: draft.revision };
	const throwAway = async () => {
		const isWanted = await confirm({
			title: "Throw the draft away?",
			text: "What answers stays as it is. What stands in the draft is gone.",
			action: "Throw away",
		});
		if (isWanted) discard.mutate({ agentId });
	};
	return (
		<>
			{failure ? <ErrorView failure={failure} /> : null}
			{failure?.code === "CHANGED" ? (
				<div>
					<Button onClick={() => void cache.invalidateQueries(api.agents.pathFilter()).then(() => publish.reset())}>
						Look at it as it is now
					</Button>
				</div>
			) : null}
			<div className={styles.actions}>
				{agent.needsReview && !draft.isApproved ? null : (
					<Button
						look="primary"
						icon={IconRocket}
						isBusy={publish.isPending}
						onClick={() => publish.mutate({ ...read, ...(agent.version === null ? {} : { over: agent.version }) })}
					>
						Publish
					</Button>
				)}
				{draft.mayReview && !draft.isApproved ? (
					<Button
						icon={IconCheck}
						isBusy={review.isPending}
						onClick={() => review.mutate({ ...read, decision: "approve" })}
					>
						Approve
					</Button>
				) : null}
				{draft.mayReview ? (
					<Button icon={IconCornerUpLeft} onClick={() => setReturning(true)}>
						Send back
					</Button>
				) : null}
				{draft.isApproved || draft.reviewAskedAt ? null : (
					<Button icon={IconEye} isBusy={ask.isPending} onClick={() => ask.mutate(read)}>
						Ask for a review
					</Button>
				)}
				<Button icon={IconPencil} onClick={onEdit}>
					Change
				</Button>
				{agent.version === null ? null : (
					<Button look="danger" icon={IconTrash} isBusy={discard.isPending} onClick={() => void throwAway()}>
						Throw away
					</Button>
				)}
			</div>
			{isReturning ? <ReturnForm read={read} onClose={() => setReturning(false)} /> : null}
		</>
	);
}
