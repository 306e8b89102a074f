import { addressBlock } from "@/server/core/address";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { maxHookBytes } from "@/server/triggers/contract";
import { callWebhook } from "@/server/triggers/service";
import { contextFromHeaders } from "@/server/trpc/context";
import { chargeCall } from "@/server/trpc/limits";
import { problemOf, problemResponse } from "./rest/problem";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A signed call from outside, which asks an agent for whoever made the webhook. It brings no other credential, and none would count. */
export async function hookHandler(
	request: Request,
	{ params }: { params: Promise<{ triggerId: string }> },
): Promise<Response> {
	const { db, requestId, origin } = contextFromHeaders(request.headers);
	const ctx: ServiceContext = { db, requestId, origin, actor: { kind: "anonymous" }, via: "rest" };
	const answer = await take(ctx, request, (await params).triggerId).catch((failure) =>
		problemResponse(problemOf(failure, requestId)),
	);
	answer.headers.set("x-request-id", requestId);
	return answer;
}

async function take(ctx: ServiceContext, request: Request, triggerId: string): Promise<Response> {
	await chargeCall("signInAddress", `hook ${addressBlock(ctx.origin.address ?? "unknown")}`);
	if (!uuid.test(triggerId)) throw notFound("This webhook");
	const { headers } = request;
	const call = {
		id: headers.get("webhook-id"),
		at: headers.get("webhook-timestamp"),
		signature: headers.get("webhook-signature"),
		body: await readSmall(request),
	};
	const { runId } = await callWebhook(ctx, { triggerId, call });
	return Response.json({ runId }, { status: 202, headers: { location: `/api/v1/runs/${runId}` } });
}

/** What was signed, byte for byte. What is longer is not read to its end. */
async function readSmall(request: Request): Promise<string> {
	const tooLong = new AppError("TOO_LARGE", `A call brings at most ${maxHookBytes / 1024} kB.`);
	if (Number(request.headers.get("content-length") ?? 0) > maxHookBytes) throw tooLong;
	const parts: Uint8Array[] = [];
	let size = 0;
	for await (const part of request.body ?? []) {
		size += part.byteLength;
		if (size > maxHookBytes) throw tooLong;
		parts.push(part);
	}
	return Buffer.concat(parts).toString();
}
