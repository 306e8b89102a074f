"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly, When } from "@/components/ui/time";
import type { ApprovalDetail } from "@/server/approvals/contract";
import { ApprovalState, Risk } from "./approval-state";
import styles from "./approvals.module.css";
import { Decision } from "./decision";
import { Preview } from "./preview";
import { ShownText } from "./shown-text";
import { laidOut } from "./visible-text";

/** One call, whole: what it would do, with what, for whom; and the decision. */
export function ApprovalPanel({ approvalId, onClose }: { approvalId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery(api.approvals.get.queryOptions({ approvalId }));
	const approval = query.data;
	return (
		<SidePanel title={approval?.tool ?? "Approval"} label="Approval" onClose={onClose}>
			{query.error && !approval ? (
				<ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />
			) : null}
			{approval ? (
				<>
					<div className={styles.badges}>
						<ApprovalState state={approval.state} />
						<Risk risk={approval.risk} />
					</div>
					<p className={styles.effect}>
						<ShownText text={approval.edit?.effect ?? approval.effect} />
					</p>
					<Decision key={approval.edit?.argumentsHash} approval={approval} />
					{approval.edit && approval.whyHidden === null ? (
						<PanelSection title={`Arguments, as ${approval.edit.byName} changed them`}>
							<Arguments text={approval.edit.arguments} />
						</PanelSection>
					) : null}
					<PanelSection title={approval.edit ? "Arguments that were asked for" : "Arguments"}>
						{approval.whyHidden ?? <Arguments text={approval.arguments} />}
					</PanelSection>
					<Tried approval={approval} />
					<WhoApproves approval={approval} />
					<Asked approval={approval} />
				</>
			) : null}
		</SidePanel>
	);
}

const Arguments = ({ text }: { text: string }) => (
	<pre className={styles.arguments}>
		<ShownText text={laidOut(text)} />
	</pre>
);

function Tried({ approval }: { approval: ApprovalDetail }) {
	const preview = approval.edit ? approval.edit.preview : approval.preview;
	return preview ? <Preview preview={preview} /> : null;
}

/** What it takes beside one person who may, and who has approved it so far. */
function WhoApproves({ approval }: { approval: ApprovalDetail }) {
	const { people, approvals, approvers } = approval;
	if (people === 1 && approvers.length === 0) return null;
	return (
		<PanelSection title="Who approves">
			<Facts>
				<Fact name="It takes">{counted(people, "person", "people")}</Fact>
				<Fact name="Of">{approvers.map((names) => names.join(" or ")).join(", and ")}</Fact>
				<Fact name="So far">{approvals.map(({ name }) => name).join(", ") || "Nobody yet"}</Fact>
			</Facts>
		</PanelSection>
	);
}

/** What somebody asks another to do, that other has to be let do. */
function heldBy({ tool, requesterMay }: ApprovalDetail): string {
	if (tool === "budgets.askForMore") return "whoever approves holds it, and raises the limit with that";
	return requesterMay ? "they hold it" : "they don't hold it, so it would not be carried out";
}

function Asked({ approval }: { approval: ApprovalDetail }) {
	const { permission } = approval;
	return (
		<PanelSection title="Who asked, and when">
			<Facts>
				<Fact name="For">{approval.requesterName}</Fact>
				<Fact name="Roles">{approval.requesterRoles.join(", ")}</Fact>
				<Fact name="Needs">
					{permission}: {heldBy(approval)}
				</Fact>
				<Fact name="By way of">
					{approval.chain
						.slice(1)
						.map(({ kind, name }) => (kind === "apiKey" ? `key ${name}` : `${kind} ${name}`))
						.join(", ")}
				</Fact>
				<Fact name="Face">{approval.via}</Fact>
				<Fact name="Chat">
					{approval.threadId ? <Link href={`/chat/${approval.threadId}`}>Open the chat that asked</Link> : null}
				</Fact>
				<Fact name="Run">{approval.runId ? <CopyId value={approval.runId} label="run id" length={36} /> : null}</Fact>
				<Fact name="Asked">
					<Exactly at={approval.createdAt} />
				</Fact>
				<Fact name="Ends">{approval.state === "pending" ? <When at={approval.expiresAt} /> : null}</Fact>
				<Fact name="To be used">
					{approval.state === "approved" && approval.useBy ? <When at={approval.useBy} /> : null}
				</Fact>
				<Fact name="Decided">{approval.decidedAt ? <Exactly at={approval.decidedAt} /> : null}</Fact>
				<Fact name="Decided by">{approval.decidedByName}</Fact>
				<Fact name="Reason">{approval.reason ? <ShownText text={approval.reason} /> : null}</Fact>
				<Fact name="Carried out">{approval.usedAt ? <Exactly at={approval.usedAt} /> : null}</Fact>
				<Fact name="Definition">{approval.toolVersion}</Fact>
				<Fact name="Hash">
					<CopyId value={approval.argumentsHash} label="hash of the arguments" length={24} />
				</Fact>
				<Fact name="Id">
					<CopyId value={approval.id} label="approval id" length={36} />
				</Fact>
			</Facts>
		</PanelSection>
	);
}
