"use client";

import { useQuery } from "@tanstack/react-query";
import { Answer } from "@/components/chat/answer";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import styles from "./feedback.module.css";
import { ThumbBadge } from "./thumb-badge";
import { reasonWords } from "./words";

const kept = "Somebody who was shown this chat said this; the chat itself is its owner's.";

/** What somebody said of an answer, and the answer. */
export function FeedbackPanel({ feedbackId, onClose }: { feedbackId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery(api.feedback.get.queryOptions({ feedbackId }));
	const said = query.data;
	return (
		<SidePanel title={said?.question ?? "Feedback"} label="Feedback" onClose={onClose}>
			{query.error && !said ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{said ? (
				<>
					<Facts>
						<Fact name="Answer">
							<ThumbBadge thumb={said.thumb} />
						</Fact>
						<Fact name="Why">{said.reason ? reasonWords[said.reason] : null}</Fact>
						<Fact name="By">{said.userName}</Fact>
						<Fact name="Said">
							<Exactly at={said.updatedAt} />
						</Fact>
						<Fact name="Agent">{said.agentName}</Fact>
						<Fact name="Model">{said.model}</Fact>
						<Fact name="Chat">
							{said.threadId ? <Link href={`/chat/${said.threadId}#${said.runId}`}>Open the chat</Link> : null}
						</Fact>
						<Fact name="Run">
							<CopyId value={said.runId} label="run id" length={36} />
						</Fact>
					</Facts>
					{said.correction ? (
						<PanelSection title="What it should say">
							<p className={styles.text}>{said.correction}</p>
						</PanelSection>
					) : null}
					<PanelSection title="Question">
						<p className={styles.text}>{said.question ?? kept}</p>
					</PanelSection>
					{said.answer ? (
						<PanelSection title="Answer">
							<Answer text={said.answer} citations={said.citations} unsupported={none} isStreaming={false} />
						</PanelSection>
					) : null}
				</>
			) : null}
		</SidePanel>
	);
}
const none: [] = [];
