import type { approvals } from "@/db/schema";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";

export type ApprovalRow = typeof approvals.$inferSelect;

/** What whoever called is told of an approval that its call waits for. */
export type Waits = { id: string; effect: string; expiresAt: Date; needsSecond: boolean; otherDeciders: number };

/** Where a person looks at it. */
export const approvalUrl = (id: string): string =>
	`${env().QD_URL?.replace(/\/$/, "") ?? `http://localhost:${env().PORT}`}/approvals?open=${id}`;

/** The call was written down and nothing was done: it waits for a person. */
export class ApprovalNeeded extends AppError {
	constructor(readonly approval: Waits) {
		super("APPROVAL_NEEDED", waitingText(approval));
	}
}

function waitingText({ id, expiresAt, needsSecond, otherDeciders }: Waits): string {
	const who = needsSecond ? "a second person" : "the person it is done for";
	const alone =
		needsSecond && otherDeciders === 0
			? " Nobody else here may approve it: give a second person the right approvals:decide and the right that the call needs, or do it yourself in the console."
			: "";
	return `Nothing was done yet: this waits for the approval of ${who}, until ${expiresAt.toISOString()}, at ${approvalUrl(id)} .${alone} Call again with the same arguments once it was approved.`;
}

/** It was decided, and not in the call's favour; or it came to nothing. */
export class NotApproved extends AppError {
	constructor(
		readonly approvalId: string,
		message: string,
	) {
		super("FORBIDDEN", message);
	}
}

export const notApproved = (row: Pick<ApprovalRow, "id" | "state" | "reason">, decidedBy: string): NotApproved => {
	switch (row.state) {
		case "rejected":
			return new NotApproved(row.id, `${decidedBy} rejected it, and nothing was done: ${row.reason ?? "no reason"}`);
		case "expired":
			return new NotApproved(row.id, "Nobody decided in time, and nothing was done.");
		case "void":
		case "pending":
		case "approved":
		case "used":
			return new NotApproved(row.id, `It was not carried out: ${row.reason ?? "the approval does not hold any more"}`);
	}
};
