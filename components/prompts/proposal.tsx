"use client";

import { IconCheck, IconCornerUpLeft, IconEye } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import { When } from "@/components/ui/time";
import type { LabelMove } from "@/server/prompts/contract";
import styles from "./prompts.module.css";
import { useLabelsChanged } from "./use-labels";

/** A move that waits for somebody who did not propose it. */
export function Proposal({
	promptId,
	proposal,
	mayWrite,
}: {
	promptId: string;
	proposal: LabelMove;
	mayWrite: boolean;
}) {
	const api = useApi();
	const [note, setNote] = useState("");
	const { id: moveId, label, fromVersion, toVersion, percent } = proposal;
	const changed = useLabelsChanged(promptId);
	const review = useMutation(api.prompts.reviewMove.mutationOptions({ onSuccess: changed("It is decided") }));
	const decide = (decision: "approve" | "return") => review.mutate({ promptId, moveId, decision, note });
	return (
		<section className={styles.proposal} aria-label={`Proposal for ${label}`}>
			<div className={styles.cardHead}>
				<Badge tone="amber" icon={IconEye}>
					Waits for somebody else
				</Badge>
				<span>
					{proposal.movedByName}, <When at={proposal.at} />
				</span>
			</div>
			<p>
				{percent === null
					? `Point it to version ${toVersion}.`
					: `Give version ${toVersion} to ${percent} of 100 people.`}
				{proposal.note ? ` ${proposal.note}` : ""}
			</p>
			{fromVersion !== null && toVersion !== null ? (
				<Link href={`/prompts/${promptId}/versions?version=${toVersion}&with=${fromVersion}`}>What is new in it</Link>
			) : null}
			{review.error ? <ErrorView failure={toFailure(review.error)} /> : null}
			{mayWrite ? (
				<div className={styles.save}>
					<input
						aria-label="What you say to it"
						placeholder="What you say to it"
						maxLength={500}
						value={note}
						onChange={(event) => setNote(event.target.value)}
					/>
					{proposal.mayReview ? (
						<Button look="primary" icon={IconCheck} isBusy={review.isPending} onClick={() => decide("approve")}>
							Approve
						</Button>
					) : null}
					<Button icon={IconCornerUpLeft} isBusy={review.isPending} onClick={() => decide("return")}>
						{proposal.mayReview ? "Send back" : "Take it back"}
					</Button>
				</div>
			) : null}
		</section>
	);
}
