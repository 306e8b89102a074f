import { provider } from "@/server/core/provider";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AddPasskey,
	ConfirmTotp,
	Done,
	Enrolled,
	MyFactors,
	Nothing,
	OneIdentity,
	OnePasskey,
	OnePerson,
	Passkey,
	PasskeyOptions,
	RecoveryCodes,
	RenamePasskey,
	RolePolicies,
	SetRolePolicy,
	TotpOffer,
} from "./contract";
import {
	addPasskey,
	confirmTotp,
	getMyFactors,
	listPolicies,
	removePasskey,
	removeTotp,
	renamePasskey,
	renewRecoveryCodes,
	resetFactors,
	setPolicy,
	startAtProvider,
	startPasskey,
	startTotp,
	unlinkIdentity,
} from "./service";

const done = { done: true } as const;

export const factorsRouter = router({
	mine: procedure("account:read", {
		rest: "GET /account/factors",
		summary: "Tell which second factors the caller has.",
		risk: "read",
		beforeFactor: true,
	})
		.input(Nothing)
		.output(MyFactors)
		.query(async ({ ctx }) => ({ ...(await getMyFactors(ctx)), provider: provider()?.name ?? null })),

	startTotp: procedure("account:write", { risk: "write", stepUp: true, beforeFactor: true, isSecret: true })
		.input(Nothing)
		.output(TotpOffer)
		.mutation(({ ctx }) => startTotp(ctx)),

	confirmTotp: procedure("account:write", { risk: "write", stepUp: true, beforeFactor: true, isSecret: true })
		.input(ConfirmTotp)
		.output(Enrolled)
		.mutation(({ ctx, input }) => confirmTotp(ctx, input)),

	removeTotp: procedure("account:write", { risk: "write", stepUp: true })
		.input(Nothing)
		.output(Done)
		.mutation(({ ctx }) => removeTotp(ctx).then(() => done)),

	startPasskey: procedure("account:write", { risk: "write", stepUp: true, beforeFactor: true, isSecret: true })
		.input(Nothing)
		.output(PasskeyOptions)
		.mutation(({ ctx }) => startPasskey(ctx)),

	addPasskey: procedure("account:write", { risk: "write", stepUp: true, beforeFactor: true, isSecret: true })
		.input(AddPasskey)
		.output(Enrolled)
		.mutation(({ ctx, input }) => addPasskey(ctx, input)),

	renamePasskey: procedure("account:write", { risk: "write" })
		.input(RenamePasskey)
		.output(Passkey)
		.mutation(({ ctx, input }) => renamePasskey(ctx, input)),

	removePasskey: procedure("account:write", { risk: "write", stepUp: true })
		.input(OnePasskey)
		.output(Done)
		.mutation(({ ctx, input }) => removePasskey(ctx, input).then(() => done)),

	renewRecoveryCodes: procedure("account:write", { risk: "write", stepUp: true, isSecret: true })
		.input(Nothing)
		.output(RecoveryCodes)
		.mutation(({ ctx }) => renewRecoveryCodes(ctx)),

	startLink: procedure("account:write", { risk: "write", stepUp: true })
		.input(Nothing)
		.output(Done)
		.mutation(({ ctx }) => startAtProvider(ctx, "link").then(() => done)),

	unlink: procedure("account:write", { risk: "write", stepUp: true })
		.input(OneIdentity)
		.output(Done)
		.mutation(({ ctx, input }) => unlinkIdentity(ctx, input).then(() => done)),

	policies: procedure("roles:read", {
		rest: "GET /factor-policies",
		summary: "List the roles and whether they ask for a second factor.",
		risk: "read",
	})
		.input(Nothing)
		.output(RolePolicies)
		.query(async ({ ctx }) => ({ rows: await listPolicies(ctx) })),

	setPolicy: procedure("roles:write", {
		rest: "PUT /factor-policies/{role}",
		summary: "Set whether a role asks for a second factor.",
		risk: "danger",
	})
		.input(SetRolePolicy)
		.output(RolePolicies)
		.mutation(async ({ ctx, input }) => ({ rows: await setPolicy(ctx, input) })),

	reset: procedure("users:write", {
		rest: "DELETE /users/{userId}/factors",
		summary: "Remove all second factors of a person who lost them.",
		risk: "danger",
	})
		.input(OnePerson)
		.output(Done)
		.mutation(({ ctx, input }) => resetFactors(ctx, input).then(() => done)),
});
