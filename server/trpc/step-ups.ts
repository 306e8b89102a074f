import type { AnyTRPCRouter } from "@trpc/server";
import type { Permission } from "@/server/core/permissions";
import type { ProcedureMeta } from "./procedure";

/** What a right lets one do, as far as a person has to prove again who they are before it. */
type StepUps = { paths: string[]; isAll: boolean };

/** Read off the definitions, as the gate does. */
export function stepUpsOf(router: AnyTRPCRouter, permission: Permission): StepUps {
	const metas = Object.entries(router._def.procedures).map(([path, one]) => {
		// tRPC types the record as unknown; each entry is a procedure that `procedure()` made, with its meta.
		const { meta } = (one as { _def: { meta: ProcedureMeta } })._def;
		return { path, meta };
	});
	const under = metas.filter(({ meta }) => meta.permission === permission);
	const paths = under.filter(({ meta }) => meta.stepUp).map(({ path }) => path);
	return { paths: paths.toSorted(), isAll: paths.length === under.length };
}
