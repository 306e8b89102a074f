import type { Database } from "@/db/connection";
import { type Scope, type SpanRow, spanIdOf } from "@/server/core/spans";
import { spanWriterOf } from "../writer";

type Opened = Pick<SpanRow, "traceId" | "runId" | "userId" | "keyId" | "agentId" | "promptVersionId"> & {
	startedAt: Date;
	/** Documents whose words it begins with. */
	sources?: string[];
};

/** The root of a trace: the same for whoever goes on with it. It is told of with `endSpan`, once it is over. */
export function openTrace(db: Database, { startedAt, sources, ...of }: Opened): Scope {
	const epoch = Date.now() - performance.now();
	return {
		trace: {
			...of,
			day: startedAt.toISOString().slice(0, 10),
			epoch,
			sink: spanWriterOf(db),
			sources: new Set(sources),
		},
		id: spanIdOf(of.traceId, "root"),
		startedAt: startedAt.getTime() - epoch,
		parent: null,
	};
}
