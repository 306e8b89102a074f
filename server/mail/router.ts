import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import { ListMails, Mail, MailDelivery, MailPage, OneMail, OpenedMail } from "./contract";
import { listMails, openMail, readDelivery, sendMail } from "./service";

export const mailRouter = router({
	list: procedure("mail:read", {
		rest: "GET /mails",
		summary: "List the mails that were written, without what they say.",
		risk: "read",
	})
		.input(ListMails)
		.output(MailPage)
		.query(({ ctx, input }) => listMails(ctx, input)),

	delivery: procedure("mail:read", {
		rest: "GET /mail-delivery",
		summary: "Tell where mails go, and how many have not arrived.",
		risk: "read",
	})
		.input(Nothing)
		.output(MailDelivery)
		.query(({ ctx }) => readDelivery(ctx)),

	// It leaves a trace, so nothing opens one on the way past.
	open: procedure("mail:read", {
		rest: "POST /mails/{mailId}/open",
		summary: "Read what a mail says; this is written into the audit.",
		risk: "write",
		// Its link is as good as a key.
		stepUp: true,
		isSecret: true,
	})
		.input(OneMail)
		.output(OpenedMail)
		.mutation(({ ctx, input }) => openMail(ctx, input)),

	send: procedure("mail:send", {
		rest: "POST /mails/{mailId}/send",
		summary: "Send a mail that was kept or did not arrive.",
		risk: "write",
	})
		.input(OneMail)
		.output(Mail)
		.mutation(({ ctx, input }) => sendMail(ctx, input)),
});
