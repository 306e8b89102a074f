import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";
import { demandsOf, onceInRun, tryCall, type Work, withApproval } from "@/server/approvals/service";
import { actorUser, type Via } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { stopFor, stopsNow, stopTexts } from "@/server/core/stops";
import { fromJson } from "@/server/faces/rest/coerce";
import type { Call } from "./gate";
import type { ProcedureMeta } from "./procedure";

/** Faces at whose other end a model stands. */
const toolFaces: readonly Via[] = ["tool", "mcp"];
export const isToolCall = (via: Via): boolean => toolFaces.includes(via);

/**
 * The gate's last step before the handler. What is dangerous, or named by an agent's policy, waits for a person when a model
 * asks for it; other changes of an agent's are made once for each of its calls.
 */
export async function carryOut<T>(
	{ meta, path, type, ctx: request }: Call,
	opts: { ctx: ServiceContext; input: unknown },
	work: Work<T>,
): Promise<T> {
	const { ctx, input } = opts;
	if (!isToolCall(ctx.via)) return work(ctx);
	await expectNotStopped(ctx, path, input);
	if (meta.isOutside) return work(ctx);
	const isAgent = ctx.actor.kind === "agent";
	const callId = request.toolCall?.id ?? null;
	const { onTried } = request.toolCall ?? {};
	const agentId = ctx.actor.kind === "agent" ? ctx.actor.agentId : null;
	// A tool of another server's has its own name for the rules.
	const isTool = type === "mutation" && meta.tool !== null;
	const demands = isTool ? await demandsOf(ctx.db.orm, { tool: path, agentId }) : null;
	const needsApproval = meta.risk === "danger" || demands !== null || request.toolCall?.needsApproval === true;
	if (!needsApproval && !onTried)
		return isAgent && type === "mutation" ? onceInRun(ctx, { tool: path, input, callId }, work) : work(ctx);
	const { permission, effect } = meta;
	if (permission === null || meta.isUpload || meta.isSecret || (isAgent && callId === null))
		throw new AppError("FORBIDDEN", "Only a person may do this, in the console.");
	const words = async (within: ServiceContext) => (effect ? effect({ ctx: within, input }) : (meta.summary ?? path));
	const call = {
		...{ tool: path, version: versionOf(meta), risk: meta.risk, permission, input, callId, demands, effect: words },
		read: (text: string) => meta.input.parse(fromJson(meta.input, JSON.parse(text))),
	};
	if (!onTried) return withApproval(ctx, call, work);
	onTried(await tryCall(ctx, call, work));
	return notMade();
}

/** What is stopped does not begin, whatever was approved. A tool of another server's goes by its own name. */
async function expectNotStopped(ctx: ServiceContext, path: string, input: unknown): Promise<void> {
	const { actor } = ctx;
	const user = actorUser(actor)?.userId ?? null;
	const agent = actor.kind === "agent" ? actor.agentId : null;
	const stops = await stopsNow(ctx.db);
	const alias = path === "remotes.callTool" ? Object(input).tool : null;
	const stop = stopFor(stops, { tool: path, agent, user }) ?? stopFor(stops, { tool: alias });
	if (stop) throw new AppError("FORBIDDEN", stopTexts[stop.kind], { reason: stopTexts[stop.kind] });
}

/** Who only tries a call out looks at no answer of it. */
const notMade = <T>(): T => undefined as T;

const versions = new WeakMap<ProcedureMeta, string>();

/** What a tool's definition comes to: what it says it does, what it takes, and what it asks for. */
function versionOf(meta: ProcedureMeta): string {
	const known = versions.get(meta);
	if (known) return known;
	const { tool, summary, risk, permission } = meta;
	const input = z.toJSONSchema(meta.input, { unrepresentable: "any", io: "input" });
	const text = canonicalize({ tool, summary, risk, permission, input }) ?? "";
	const version = createHash("sha256").update(text).digest("hex").slice(0, 16);
	versions.set(meta, version);
	return version;
}
