import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import {
	CountVerdicts,
	CreatePolicy,
	ListPolicies,
	ListVerdicts,
	OnePolicy,
	Policy,
	PolicyPage,
	PolicyVersions,
	RestorePolicy,
	Revealed,
	RevealRun,
	SavePolicy,
	Tried,
	TryPolicy,
	VerdictCounts,
	VerdictPage,
} from "./contract";
import {
	countVerdicts,
	createPolicy,
	getPolicy,
	listPolicies,
	listPolicyVersions,
	listVerdicts,
	removePolicy,
	restorePolicy,
	revealRun,
	savePolicy,
	tryPolicy,
} from "./service";

export const safetyRouter = router({
	list: procedure("safety:read", {
		rest: "GET /safety/policies",
		summary: "List the safety policies.",
		risk: "read",
	})
		.input(ListPolicies)
		.output(PolicyPage)
		.query(({ ctx, input }) => listPolicies(ctx, input)),

	get: procedure("safety:read", {
		rest: "GET /safety/policies/{policyId}",
		summary: "Read one safety policy.",
		risk: "read",
	})
		.input(OnePolicy)
		.output(Policy)
		.query(({ ctx, input }) => getPolicy(ctx, input)),

	versions: procedure("safety:read", {
		rest: "GET /safety/policies/{policyId}/versions",
		summary: "Read what a safety policy was made of, version by version.",
		risk: "read",
	})
		.input(OnePolicy)
		.output(PolicyVersions)
		.query(({ ctx, input }) => listPolicyVersions(ctx, input)),

	create: procedure("safety:manage", {
		rest: "POST /safety/policies",
		summary: "Make a safety policy.",
		risk: "write",
	})
		.input(CreatePolicy)
		.output(Policy)
		.mutation(({ ctx, input }) => createPolicy(ctx, input)),

	save: procedure("safety:manage", {
		rest: "PUT /safety/policies/{policyId}",
		summary: "Save a new version of a safety policy, which holds at once.",
		risk: "danger",
	})
		.input(SavePolicy)
		.output(Policy)
		.mutation(({ ctx, input }) => savePolicy(ctx, input)),

	restore: procedure("safety:manage", {
		rest: "POST /safety/policies/{policyId}/restore",
		summary: "Let an older version of a safety policy hold again, as a new one.",
		risk: "danger",
	})
		.input(RestorePolicy)
		.output(Policy)
		.mutation(({ ctx, input }) => restorePolicy(ctx, input)),

	remove: procedure("safety:manage", {
		rest: "DELETE /safety/policies/{policyId}",
		summary: "Remove a safety policy with its versions and what it found.",
		risk: "danger",
	})
		.input(OnePolicy)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removePolicy(ctx, input);
			return { done: true };
		}),

	try: procedure("safety:read", {
		rest: "POST /safety/try",
		summary: "Look through a text as a safety policy would.",
		risk: "write",
		// Nothing is changed but the audit; neither the text nor what it came to is kept.
		isSecret: true,
	})
		.input(TryPolicy)
		.output(Tried)
		.mutation(({ ctx, input }) => tryPolicy(ctx, input)),

	listVerdicts: procedure("safety:read", {
		rest: "GET /safety/verdicts",
		summary: "List what the safety policies found, and what came of it.",
		risk: "read",
	})
		.input(ListVerdicts)
		.output(VerdictPage)
		.query(({ ctx, input }) => listVerdicts(ctx, input)),

	count: procedure("safety:read", {
		rest: "GET /safety/counts",
		summary: "Count what the safety policies found, by policy, place and what came of it.",
		risk: "read",
	})
		.input(CountVerdicts)
		.output(VerdictCounts)
		.query(({ ctx, input }) => countVerdicts(ctx, input)),

	reveal: procedure("safety:reveal", {
		rest: "POST /safety/runs/{runId}/reveal",
		summary: "See what safety policies covered in a run; the audit keeps who looked and why.",
		risk: "danger",
	})
		.input(RevealRun)
		.output(Revealed)
		.mutation(({ ctx, input }) => revealRun(ctx, input)),
});
