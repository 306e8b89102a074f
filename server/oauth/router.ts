import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	Asking,
	AuthorizationRequest,
	CreateProgram,
	Decide,
	Decided,
	ListPrograms,
	NewProgram,
	OneProgram,
	Program,
	ProgramPage,
} from "./contract";
import { createProgram, decideRequest, getProgram, listPrograms, lookAtRequest, revokeProgram } from "./service";

export const oauthRouter = router({
	/** What the page asks that a program sends people to. */
	look: procedure("account:read", { risk: "read" })
		.input(AuthorizationRequest)
		.output(Asking)
		.query(({ ctx, input }) => lookAtRequest(ctx, input)),

	/** Its answer holds a code. What is dangerous asks for a proof by itself, as only the scopes tell. */
	decide: procedure("account:write", { risk: "write", isSecret: true })
		.input(Decide)
		.output(Decided)
		.mutation(({ ctx, input }) => decideRequest(ctx, input)),

	listPrograms: procedure("programs:manage", {
		rest: "GET /programs",
		summary: "List the programs that may ask people for access.",
		risk: "read",
	})
		.input(ListPrograms)
		.output(ProgramPage)
		.query(({ ctx, input }) => listPrograms(ctx, input)),

	getProgram: procedure("programs:manage", {
		rest: "GET /programs/{programId}",
		summary: "Get one of the programs that may ask people for access.",
		risk: "read",
	})
		.input(OneProgram)
		.output(Program)
		.query(({ ctx, input }) => getProgram(ctx, input)),

	createProgram: procedure("programs:manage", {
		rest: "POST /programs",
		summary: "Register a program that may ask people for access. Its secret is told in this answer only.",
		created: "/programs/{program.id}",
		risk: "danger",
		isSecret: true,
	})
		.input(CreateProgram)
		.output(NewProgram)
		.mutation(({ ctx, input }) => createProgram(ctx, input)),

	/** Taking something away must not wait for a proof. */
	revokeProgram: procedure("programs:manage", {
		rest: "DELETE /programs/{programId}",
		summary: "Revoke a program: what people let it do ends within seconds.",
		risk: "write",
	})
		.input(OneProgram)
		.output(Program)
		.mutation(({ ctx, input }) => revokeProgram(ctx, input)),
});
