import { createHash } from "node:crypto";
import { actorUser } from "@/server/core/actor";
import type { Version } from "@/server/core/version";
import type { LateInput } from "@/server/trpc/late-input";
import { createCaller } from "@/server/trpc/root";
import { callByName } from "../call";
import type { RestCall } from "./handler";
import { base } from "./routes";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 27);

/** A query or mutation: the answer's JSON with its status, its address and its tag. */
export async function answerOnce(call: RestCall, input: LateInput): Promise<Response> {
	const { request, route } = call;
	const isRead = route.type === "query";
	const known = isRead ? await versionsKnown(call) : null;
	const ctx = known ? { ...call.ctx, hasVersion: known.hasVersion } : call.ctx;
	const answer = await callByName<unknown>(createCaller(ctx), route.name, input);
	if (known?.unchanged()) return notModified(known.tag());
	const { status, location } = route.face;
	const headers = new Headers({ "cache-control": isRead ? "private, no-cache" : "no-store" });
	if (location) headers.set("location", base + fill(location, answer));
	if (status === 204) return new Response(null, { status, headers });
	const body = JSON.stringify(answer);
	headers.set("content-type", "application/json");
	if (!isRead) return new Response(body, { status, headers });
	const revision = route.face.revision ? `${at(answer, route.face.revision)}.` : "";
	const tag = known?.tag() ?? `"${revision}${digest(body)}"`;
	if (matches(request.headers.get("if-none-match"), tag)) return notModified(tag);
	headers.set("etag", tag);
	return new Response(body, { status, headers });
}

/** What is the same for everybody, as it is. */
export function answerJson(request: Request, answer: unknown): Response {
	const body = JSON.stringify(answer);
	const tag = `"${digest(body)}"`;
	if (matches(request.headers.get("if-none-match"), tag)) return notModified(tag);
	const headers = { "content-type": "application/json", "cache-control": "private, no-cache", etag: tag };
	return new Response(request.method === "HEAD" ? null : body, { headers });
}

const notModified = (tag: string | null) =>
	new Response(null, { status: 304, headers: { ...(tag ? { etag: tag } : {}), "cache-control": "private, no-cache" } });

/** For a procedure that knows its version: whether the caller has it, and the tag that stands for it. */
async function versionsKnown({ request, route, ctx }: RestCall) {
	if (!route.meta.version) return null;
	const person = actorUser(await ctx.identify())?.userId ?? "";
	const asked = request.headers.get("if-none-match");
	let tag: string | null = null;
	let isUnchanged = false;
	return {
		hasVersion: ({ of, revision }: Version) => {
			// The same row may look different to another person, and at another address.
			const mark = digest(JSON.stringify([request.url, person, of]));
			tag = revision === undefined ? `"${mark}"` : `"${revision}.${mark}"`;
			isUnchanged = matches(asked, tag);
			return isUnchanged;
		},
		tag: () => tag,
		unchanged: () => isUnchanged,
	};
}

/** Weak comparison, as RFC 9110 wants it for If-None-Match: a proxy that compresses makes strong tags weak. */
export function matches(header: string | null, tag: string): boolean {
	if (!header) return false;
	if (header.trim() === "*") return true;
	return header.split(",").some((one) => one.trim().replace(/^W\//, "") === tag);
}

/** `/prompts/{prompt.id}` with what the answer says. */
function fill(template: string, answer: unknown): string {
	return template.replace(/\{([\w.]+)\}/g, (_, path: string) => encodeURIComponent(at(answer, path)));
}

function at(answer: unknown, path: string): string {
	let value: unknown = answer;
	for (const key of path.split(".")) value = Reflect.get(Object(value), key);
	return String(value);
}
