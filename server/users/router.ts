import { provider } from "@/server/core/provider";
import { eraseUser } from "@/server/erasure/service";
import { PasskeyOptions, Proofs, Prove } from "@/server/factors/contract";
import { listProofs, prove, startAtProvider, startProof } from "@/server/factors/service";
import { router } from "@/server/trpc/init";
import { openProcedure, procedure } from "@/server/trpc/procedure";
import {
	CreateOwner,
	CreateUser,
	Done,
	EraseUser,
	ListUsers,
	Me,
	Nothing,
	OneUser,
	SetUserDisabled,
	SetUserRole,
	SetupStatus,
	User,
	UserPage,
} from "./contract";
import {
	createOwner,
	createUser,
	getMe,
	getUser,
	listUsers,
	needsOwner,
	setUserDisabled,
	setUserRole,
	tellUserDisabled,
	tellUserRole,
} from "./service";

export const authRouter = router({
	status: openProcedure("The sign-in page asks whether this is the first run.", {
		rest: "GET /setup",
		summary: "Tell whether this installation still needs its owner.",
		risk: "read",
		limit: "standard",
	})
		.input(Nothing)
		.output(SetupStatus)
		.query(async ({ ctx }) => ({ needsOwner: await needsOwner(ctx.db), provider: provider()?.name ?? null })),

	createOwner: openProcedure("First run: nobody has an account yet; the one-time code stands for one.", {
		rest: "POST /setup",
		summary: "Make the owner's account, with the one-time code that the start command printed.",
		risk: "write",
		isSecret: true,
	})
		.input(CreateOwner)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await createOwner(ctx, input);
			return { done: true };
		}),

	proofs: procedure("account:read", { risk: "read", beforeFactor: true })
		.input(Nothing)
		.output(Proofs)
		.query(({ ctx }) => listProofs(ctx)),

	startProof: procedure("account:write", { risk: "write", beforeFactor: true, isSecret: true })
		.input(Nothing)
		.output(PasskeyOptions)
		.mutation(({ ctx }) => startProof(ctx)),

	startProofAtProvider: procedure("account:write", { risk: "write", beforeFactor: true })
		.input(Nothing)
		.output(Done)
		.mutation(({ ctx }) => startAtProvider(ctx, "prove at provider").then(() => ({ done: true }))),

	prove: procedure("account:write", { risk: "write", beforeFactor: true, limit: "signIn", isSecret: true })
		.input(Prove)
		.output(Done)
		.mutation(({ ctx, input }) => prove(ctx, input).then(() => ({ done: true }))),

	me: procedure("account:read", {
		rest: "GET /me",
		summary: "Tell who the caller is and what they may do.",
		risk: "read",
		beforeFactor: true,
	})
		.input(Nothing)
		.output(Me)
		.query(({ ctx }) => getMe(ctx)),
});

export const usersRouter = router({
	list: procedure("users:read", {
		rest: "GET /users",
		summary: "List the people with an account.",
		risk: "read",
		tool: "List the people with an account, with their roles.",
	})
		.input(ListUsers)
		.output(UserPage)
		.query(({ ctx, input }) => listUsers(ctx, input)),

	get: procedure("users:read", { rest: "GET /users/{userId}", summary: "Get a person's account.", risk: "read" })
		.input(OneUser)
		.output(User)
		.query(({ ctx, input }) => getUser(ctx, input)),

	create: procedure("users:write", {
		rest: "POST /users",
		created: "/users/{id}",
		summary: "Make an account for a person.",
		risk: "danger",
		isSecret: true,
	})
		.input(CreateUser)
		.output(User)
		.mutation(({ ctx, input }) => createUser(ctx, input)),

	setRole: procedure("users:write", {
		rest: "PUT /users/{userId}/role",
		summary: "Give a person another first role.",
		tool: "Give a person another first role. Name the person and the role by their ids.",
		risk: "danger",
	})
		.input(SetUserRole)
		.output(User)
		.mutation(
			({ ctx, input }) => setUserRole(ctx, input),
			({ ctx, input }) => tellUserRole(ctx, input),
		),

	setDisabled: procedure("users:write", {
		rest: "PUT /users/{userId}/disabled",
		summary: "Disable a person's account, which ends their sessions, or enable it again.",
		tool: "Disable a person's account, which ends their sessions at once, or enable it again. Name the person by their id.",
		risk: "danger",
	})
		.input(SetUserDisabled)
		.output(User)
		.mutation(
			({ ctx, input }) => setUserDisabled(ctx, input),
			({ ctx, input }) => tellUserDisabled(ctx, input),
		),

	erase: procedure("users:erase", {
		rest: "POST /users/{userId}/erase",
		summary: "Erase a person: their account, their conversations, and their name in the audit.",
		risk: "danger",
	})
		.input(EraseUser)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await eraseUser(ctx, input);
			return { done: true };
		}),
});
