import { IconCheck, IconClock, IconX } from "@tabler/icons-react";
import { ShownText } from "@/components/approvals/shown-text";
import { Link } from "@/components/ui/link";
import type { Asked } from "./fold-run";
import styles from "./turn.module.css";

const outcomes = {
	approved: "approved it",
	used: "approved it",
	rejected: "rejected it",
	expired: "Nobody decided in time.",
	void: "It does not hold any more.",
} as const;

/** A call of a tool that waits for a person, and what was decided. */
export function AskedFor({ asked, isLive }: { asked: Asked; isLive: boolean }) {
	const { decision, effect, approvalId, needsSecond } = asked;
	const isAllowed = decision?.state === "approved" || decision?.state === "used";
	const Mark = decision === null ? IconClock : isAllowed ? IconCheck : IconX;
	const who = needsSecond ? "a second person" : "you";
	return (
		<p className={styles.note} data-tone={decision === null && isLive ? "amber" : undefined} role="status">
			<Mark size={16} stroke={1.5} aria-hidden="true" />
			<span>
				{decision === null ? (isLive ? `Waits for ${who} to approve: ` : "Was not decided: ") : ""}
				<ShownText text={effect} />
				{decision ? ` ${decision.decidedBy ? `${decision.decidedBy} ` : ""}${outcomes[decision.state]}` : ""}
				{decision?.reason ? <>: {decision.reason}</> : null}{" "}
				<Link href={`/approvals?state=all&open=${approvalId}`}>Look at it</Link>
			</span>
		</p>
	);
}
