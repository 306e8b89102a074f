import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const mailKinds = ["invitation", "password-reset", "email-change", "notice"] as const;
export const MailKind = z.enum(mailKinds);
export const mailStates = ["kept", "waiting", "handed", "sent", "uncertain", "failed"] as const;
export const MailState = z.enum(mailStates);

export const Mail = z.object({
	id: z.uuid(),
	kind: MailKind,
	recipient: z.string(),
	subject: z.string(),
	state: MailState,
	attempts: z.int(),
	lastError: z.string().nullable(),
	/** It holds a link that still works. */
	hasLink: z.boolean(),
	createdAt: z.date(),
	sentAt: z.date().nullable(),
});
export type Mail = z.infer<typeof Mail>;
export const MailPage = pageOf(Mail);
export type MailPage = z.infer<typeof MailPage>;

export const ListMails = listOf(Mail, {
	filter: {
		state: asks.oneOf(mailStates),
		kind: asks.oneOf(mailKinds),
		recipient: asks.email(),
		createdAt: asks.time(),
	},
	sort: ["createdAt"],
});
export type ListMails = z.infer<typeof ListMails>;

export const OneMail = z.strictObject({ mailId: z.uuid() });
export type OneMail = z.infer<typeof OneMail>;

export const OpenedMail = z.object({
	id: z.uuid(),
	text: z.string(),
	/** Null where the mail has none, or where it is not for the reader; the text says which. */
	link: z.url().nullable(),
});
export type OpenedMail = z.infer<typeof OpenedMail>;

export const MailDelivery = z.object({
	/** `host:port` of the SMTP server; null where mails are kept for the console. */
	server: z.string().nullable(),
	from: z.string().nullable(),
	waiting: z.int(),
	/** Failed, or of which nobody knows whether they arrived. */
	stuck: z.int(),
});
export type MailDelivery = z.infer<typeof MailDelivery>;
