import { and, eq } from "drizzle-orm";
import { spans } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { makeTrace } from "@/tests/support/traces";

/** Traces of the caller's own. */
export const traceMakers = {
	trace: (ctx: ServiceContext) => makeTrace(ctx.db, { userId: requireUser(ctx).userId, spans: 3 }),
	/** With a span of the id that stands beside it. */
	tracedSpan: async (ctx: ServiceContext, { spanId }: Record<string, unknown>) => {
		const { userId } = requireUser(ctx);
		const traceId = await makeTrace(ctx.db, { userId, spans: 3, content: { input: "What?", output: "That." } });
		await ctx.db.orm
			.update(spans)
			.set({ id: String(spanId) })
			.where(and(eq(spans.traceId, traceId), eq(spans.kind, "model")));
		return traceId;
	},
};
