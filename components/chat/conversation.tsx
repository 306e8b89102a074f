"use client";

import { IconArrowDown } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { type ReactNode, useRef } from "react";
import { AskForMore, isLimit } from "@/components/budgets/met-limit";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { useNonce } from "@/components/ui/nonce";
import { useTitle } from "@/components/ui/use-title";
import { useUrl } from "@/components/ui/use-url";
import { Begins } from "./activity";
import { Branches } from "./branches";
import { Composer } from "./composer";
import styles from "./conversation.module.css";
import { Question } from "./question";
import { Queue } from "./queue";
import { ThreadHeader } from "./thread-header";
import { Turn } from "./turn";
import { type Conversation as ConversationState, type Sending, useConversation } from "./use-conversation";
import { useOlder } from "./use-older";
import { usePinned } from "./use-pinned";
import { Welcome } from "./welcome";

const SourcePanel = dynamic(() => import("./source-panel"), { ssr: false });

export function Conversation({ threadId }: { threadId: string | null }) {
	const url = useUrl();
	const branchId = url.get("branch");
	const conversation = useConversation(threadId, branchId);
	const { thread, runs, sending, outbox } = conversation;
	const frame = useRef<HTMLElement>(null);
	const content = useRef<HTMLDivElement>(null);
	const { isAway, pin } = usePinned(frame, content);
	useOlder(frame, { ...conversation, firstId: runs[0]?.id ?? null });
	const source = url.get("source");
	const isNew = conversation.threadId === null;
	useTitle(thread?.title ?? (isNew ? "New chat" : null));
	const isOwn = thread?.mayManage !== false;
	const isEmpty = isNew && !sending && outbox.queue.length === 0;
	return (
		<>
			<div className={styles.conversation}>
				<ThreadHeader thread={thread} branchId={branchId} isNew={isNew} />
				<Branches branches={conversation.branches} openId={branchId} />
				{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
				<section ref={frame} className={styles.scroll} tabIndex={0} aria-label="Conversation">
					<div ref={content} className={styles.content}>
						{conversation.failure ? <ErrorView failure={conversation.failure} retry={conversation.retry} /> : null}
						{isEmpty ? <Welcome /> : null}
						{conversation.hasOlder ? (
							<div className={styles.older}>
								<Button size="small" look="quiet" isBusy={conversation.isGoingUp} onClick={conversation.goUp}>
									Show older questions
								</Button>
							</div>
						) : null}
						{runs.map((run, index) => (
							<Turn
								key={run.id}
								run={run}
								isOwn={isOwn}
								forkedFrom={conversation.branches.find(({ runId }) => runId === run.id)?.fromRunId ?? null}
								onAskAgain={index === runs.length - 1 && isOwn ? () => conversation.send(run.question) : undefined}
							/>
						))}
						{sending ? <OnItsWay sending={sending} conversation={conversation} /> : null}
						<Queue conversation={conversation} />
					</div>
				</section>
				<div className={styles.foot}>
					{isAway ? <Latest onClick={pin}>{conversation.isBusy ? "Follow the answer" : "To the latest"}</Latest> : null}
					{isOwn ? <Composer conversation={conversation} /> : <ReadOnly ownerName={thread?.ownerName ?? ""} />}
				</div>
				<AtItsEnd />
			</div>
			{source ? <SourcePanel documentId={source} /> : null}
		</>
	);
}

const toItsEnd =
	"location.hash.length>36||(document.currentScript.parentElement.querySelector('section').scrollTop=1e9)";

/**
 * As the server sends it, a chat is painted at its newest answer at once, before any script of ours has come. It stands below all
 * of it: where it would stand higher, what comes after had to be laid out a second time.
 */
function AtItsEnd() {
	const nonce = useNonce();
	// biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours
	return <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: toItsEnd }} />;
}

function ReadOnly({ ownerName }: { ownerName: string }) {
	return (
		<p className={styles.readOnly}>{ownerName} shares this chat with you: you can read it, and they go on with it.</p>
	);
}

function Latest({ onClick, children }: { onClick: () => void; children: ReactNode }) {
	return (
		<div className={styles.latest}>
			<Button size="small" icon={IconArrowDown} onClick={onClick}>
				{children}
			</Button>
		</div>
	);
}

/** A question that the server has not taken yet, or would not take. */
function OnItsWay({ sending, conversation }: { sending: Sending; conversation: ConversationState }) {
	return (
		<div className={styles.sending}>
			<Question text={sending.text} />
			{sending.failure ? (
				<>
					<ErrorView
						title="This question was not sent."
						failure={sending.failure}
						retry={() => conversation.sendAgain(sending.text)}
					/>
					<span className={styles.sendingTools}>
						{isLimit(sending.failure.message) ? <AskForMore /> : null}
						<Button size="small" onClick={conversation.takeBack}>
							Edit it
						</Button>
						<Button size="small" look="quiet" onClick={conversation.discardFailed}>
							Drop it
						</Button>
					</span>
				</>
			) : (
				<Begins agentName={conversation.thread?.agentName ?? null} />
			)}
		</div>
	);
}
