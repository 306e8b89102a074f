import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import { ListMails, Mail, MailDelivery, MailPage, OneMail, OpenedMail } from "./contract";
import { listMails, openMail, readDelivery, sendMail } from "./service";

export const mailRouter = router({
	list: procedure("mail:read", { risk: "read" })
		.input(ListMails)
		.output(MailPage)
		.query(({ ctx, input }) => listMails(ctx, input)),

	delivery: procedure("mail:read", { risk: "read" })
		.input(Nothing)
		.output(MailDelivery)
		.query(({ ctx }) => readDelivery(ctx)),

	// It leaves a trace, so nothing opens one on the way past.
	open: procedure("mail:read", { risk: "write" })
		.input(OneMail)
		.output(OpenedMail)
		.mutation(({ ctx, input }) => openMail(ctx, input)),

	send: procedure("mail:send", { risk: "write" })
		.input(OneMail)
		.output(Mail)
		.mutation(({ ctx, input }) => sendMail(ctx, input)),
});
