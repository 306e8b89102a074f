import { router } from "@/server/trpc/init";
import { openProcedure, procedure } from "@/server/trpc/procedure";
import { Done, Nothing } from "@/server/users/contract";
import {
	ChangeEmail,
	ChangePassword,
	EmailChangeView,
	ForgotPassword,
	LookAtLink,
	PasswordView,
	Rename,
	ResetDone,
	ResetPassword,
	ResetView,
	StartReset,
} from "./contract";
import {
	askEmailChange,
	askReset,
	changePassword,
	confirmEmail,
	lookAtEmailChange,
	lookAtReset,
	rename,
	resetPassword,
	startReset,
	viewPassword,
} from "./service";

const done = { done: true } as const;

/** One's own account, and the links by which one gets back into it. */
export const accountRouter = router({
	password: procedure("account:read", {
		rest: "GET /me/password",
		summary: "Tell whether the caller has a password, and how long a new one must be.",
		risk: "read",
	})
		.input(Nothing)
		.output(PasswordView)
		.query(({ ctx }) => viewPassword(ctx)),

	changePassword: procedure("account:write", {
		rest: "PUT /me/password",
		summary: "Change the caller's password; the current one is needed.",
		risk: "write",
		isSecret: true,
		limit: "signIn",
	})
		.input(ChangePassword)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await changePassword(ctx, input);
			return done;
		}),

	rename: procedure("account:write", { rest: "PUT /me/name", summary: "Change the caller's name.", risk: "write" })
		.input(Rename)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await rename(ctx, input);
			return done;
		}),

	changeEmail: procedure("account:write", {
		rest: "POST /me/email-change",
		summary: "Ask for another address; it changes once it is confirmed by the mail that is sent there.",
		risk: "write",
		stepUp: true,
		limit: "signIn",
	})
		.input(ChangeEmail)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await askEmailChange(ctx, input);
			return done;
		}),

	startReset: procedure("users:write", {
		rest: "POST /users/{userId}/reset-password",
		summary: "Send a person a link by which they choose a new password.",
		risk: "danger",
	})
		.input(StartReset)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await startReset(ctx, input);
			return done;
		}),

	forgot: openProcedure("Whoever forgot their password can't sign in to say so.", {
		rest: "POST /password-resets",
		summary: "Ask for a link to a new password; the answer is the same whether there is such an account or not.",
		risk: "write",
	})
		.input(ForgotPassword)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await askReset(ctx, input);
			return done;
		}),

	// Mutations, so that what stands in a link never stands in an address of ours.
	lookAtReset: openProcedure("Whoever has the link sees whether it still works.", {
		rest: "POST /password-resets/look",
		summary: "Tell whether a link to a new password works; this does not use it up.",
		risk: "write",
		isSecret: true,
		limit: "signInAddress",
	})
		.input(LookAtLink)
		.output(ResetView)
		.mutation(({ ctx, input }) => lookAtReset(ctx, input)),

	resetPassword: openProcedure("Whoever resets a password can't sign in; the link's secret stands for them.", {
		rest: "POST /password-resets/finish",
		summary: "Choose a new password with a link; all sessions of the account end, keys of programs don't.",
		risk: "write",
		isSecret: true,
		limit: "signInAddress",
	})
		.input(ResetPassword)
		.output(ResetDone)
		.mutation(({ ctx, input }) => resetPassword(ctx, input)),

	lookAtEmailChange: openProcedure("Mailboxes are read where nobody is signed in; the link's secret stands for them.", {
		rest: "POST /email-changes/look",
		summary: "Tell which address a link confirms; this does not use it up.",
		risk: "write",
		isSecret: true,
		limit: "signInAddress",
	})
		.input(LookAtLink)
		.output(EmailChangeView)
		.mutation(({ ctx, input }) => lookAtEmailChange(ctx, input)),

	confirmEmail: openProcedure("Mailboxes are read where nobody is signed in; the link's secret stands for them.", {
		rest: "POST /email-changes/confirm",
		summary: "Confirm an account's new address.",
		risk: "write",
		isSecret: true,
		limit: "signInAddress",
	})
		.input(LookAtLink)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await confirmEmail(ctx, input);
			return done;
		}),
});
