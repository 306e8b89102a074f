"use client";

import { IconMailOpened, IconSend } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Mail } from "@/server/mail/contract";
import styles from "./mail.module.css";
import { kindWords, MailState } from "./mail-state";

/** One mail. What it says is shown when asked for: that stands in the audit. */
export function MailPanel({ mail, isSending, onClose }: { mail: Mail; isSending: boolean; onClose: () => void }) {
	return (
		<SidePanel
			title={mail.subject}
			label="Mail"
			onClose={onClose}
			actions={isSending ? <SendButton mail={mail} /> : null}
		>
			<Facts>
				<Fact name="To">{mail.recipient}</Fact>
				<Fact name="Kind">{kindWords[mail.kind]}</Fact>
				<Fact name="State">
					<MailState state={mail.state} />
				</Fact>
				<Fact name="Written">
					<Exactly at={mail.createdAt} />
				</Fact>
				<Fact name="Sent">{mail.sentAt ? <Exactly at={mail.sentAt} /> : null}</Fact>
				<Fact name="Tries">{mail.attempts > 0 ? figure(mail.attempts) : null}</Fact>
				<Fact name="The server said">{mail.lastError}</Fact>
			</Facts>
			<MailText mail={mail} />
		</SidePanel>
	);
}

function MailText({ mail }: { mail: Mail }) {
	const api = useApi();
	const open = useMutation(api.mail.open.mutationOptions());
	return (
		<PanelSection title="Text">
			{open.data ? (
				<>
					<pre className={styles.text}>{open.data.text}</pre>
					{open.data.link ? (
						<p className={styles.link}>
							<CopyText text={open.data.link} label="Copy the link" />
							<span>It works once. Hand it to {mail.recipient} and to nobody else.</span>
						</p>
					) : null}
				</>
			) : (
				<div className={styles.closed}>
					<p>
						{mail.hasLink
							? "This mail holds a link that lets its recipient in. Opening it is written into the audit."
							: "Opening a mail is written into the audit."}
					</p>
					<Button icon={IconMailOpened} isBusy={open.isPending} onClick={() => open.mutate({ mailId: mail.id })}>
						Open the mail
					</Button>
				</div>
			)}
			{open.error ? <ErrorView failure={toFailure(open.error)} /> : null}
		</PanelSection>
	);
}

function SendButton({ mail }: { mail: Mail }) {
	const api = useApi();
	const cache = useQueryClient();
	const maySend = useMay("mail:send");
	const send = useMutation(
		api.mail.send.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.mail.pathFilter()),
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	if (!maySend || !["kept", "failed", "uncertain"].includes(mail.state)) return null;
	const ask = async () => {
		const isWanted =
			mail.state !== "uncertain" ||
			(await confirm({
				title: "Send it again?",
				text: "The line broke before the mail server said that it took this mail: it may have arrived, and may then arrive twice.",
				action: "Send again",
				tone: "plain",
			}));
		if (isWanted) send.mutate({ mailId: mail.id });
	};
	return (
		<Button size="small" icon={IconSend} isBusy={send.isPending} onClick={() => void ask()}>
			{mail.state === "kept" ? "Send" : "Send again"}
		</Button>
	);
}
