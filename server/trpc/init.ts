import { initTRPC } from "@trpc/server";
import type { Database } from "@/db/connection";
import type { Trial } from "@/server/approvals/service";
import type { Actor, Via } from "@/server/core/actor";
import type { Origin } from "@/server/core/context";
import { pingMs } from "@/server/core/event-stream";
import type { Version } from "@/server/core/version";
import { failureFacts } from "./failure";
import type { Charge } from "./limits";
import type { ProcedureMeta } from "./procedure";
import { wire } from "./wire";

/** What a face knows of a call before the gate has asked who it is. */
export type RequestContext = {
	db: Database;
	requestId: string;
	via: Via;
	origin: Origin;
	/** Who calls; asked once a request, after which it is remembered. */
	identify: () => Promise<Actor>;
	idempotencyKey?: string | undefined;
	/** Whether the caller has an answer of this version already: then no other is worked out. */
	hasVersion?: ((version: Version) => boolean) | undefined;
	/** Of a model's call of a tool: its id, and whether the agent's policy has it wait for a person. */
	toolCall?:
		| {
				id: string;
				needsApproval: boolean;
				/** It is only tried out: told what it came to, and nothing is done. */
				onTried?: (trial: Trial) => void;
		  }
		| undefined;
	/** What the gate counted for this request, for the headers of its answer. */
	charges?: Charge[] | undefined;
	signal?: AbortSignal | undefined;
	/** Asked by a page of ours on its way to the browser. */
	isPage?: boolean | undefined;
};

/** A reader who hears nothing for this long, in ms, comes back. */
export const reconnectAfterMs = 12_000;

export const t = initTRPC
	.context<RequestContext>()
	.meta<ProcedureMeta>()
	.create({
		transformer: wire,
		sse: {
			ping: { enabled: true, intervalMs: pingMs },
			client: { reconnectAfterInactivityMs: reconnectAfterMs },
		},
		errorFormatter: ({ shape, error, ctx }) => ({
			...shape,
			data: {
				code: shape.data.code,
				httpStatus: shape.data.httpStatus,
				path: shape.data.path,
				...failureFacts(error),
				requestId: ctx?.requestId ?? null,
			},
		}),
	});

export const { router, createCallerFactory } = t;
