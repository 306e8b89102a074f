import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ApprovalTarget } from "@/db/schema";
import { causeOf } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { secretIn } from "@/server/core/mask";
import type { Permission } from "@/server/core/permissions";
import { mostArgumentChars } from "../contract";

/** A call of a tool that came through the gate, up to the point where it would be carried out. */
export type ToolCall = {
	tool: string;
	/** What its definition comes to: another one is another tool. */
	version: string;
	risk: "read" | "write" | "danger";
	permission: Permission;
	input: unknown;
	/** The call's id in its run; null for a program's call. */
	callId: string | null;
	/** What it would do, in plain words. */
	effect: (ctx: ServiceContext) => Promise<string>;
};

/** All that an approval is given for, and nothing else. */
export type Bound = {
	arguments: string;
	argumentsHash: string;
	bindingHash: string;
	target: ApprovalTarget | null;
	requesterId: string;
	keyId: string | null;
	agentId: string | null;
	runId: string | null;
};

/** What is done within its context is done, or not, together with the approval's use. */
export type Work<T> = (ctx: ServiceContext) => Promise<T>;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Throws where the call can't be shown whole to whoever would decide. */
export function bind({ actor }: ServiceContext, call: ToolCall): Bound {
	const cause = causeOf(actor);
	if (!cause) throw new AppError("UNAUTHENTICATED", "Sign in first.");
	const text = canonical(call.input);
	if (text.length > mostArgumentChars)
		throw new AppError(
			"TOO_LARGE",
			`This needs a person's approval, and its arguments are too long to be read whole: at most ${mostArgumentChars.toLocaleString("en")} characters.`,
		);
	const secret = secretIn(call.input);
	if (secret !== null)
		throw new AppError(
			"FORBIDDEN",
			`This needs a person's approval, and ${secret === "" ? "its arguments hold" : `“${secret}” holds`} what looks like a secret, which nobody else may read. Do it yourself in the console.`,
		);
	const target = targetOf(call.input);
	const argumentsHash = sha256(text);
	const behind = {
		requesterId: cause.userId,
		keyId: cause.keyId,
		agentId: actor.kind === "agent" ? actor.agentId : null,
		runId: actor.kind === "agent" ? actor.runId : null,
	};
	const { tool, version, callId } = call;
	const bindingHash = sha256(canonical({ tool, version, argumentsHash, target, callId, ...behind }));
	return { arguments: text, argumentsHash, bindingHash, target, ...behind };
}

export const hashOf = (input: unknown): string => sha256(canonical(input));

function canonical(value: unknown): string {
	try {
		const text = canonicalize(JSON.parse(JSON.stringify(value ?? {})));
		if (text !== undefined) return text;
	} catch (cause) {
		throw new AppError("INVALID_INPUT", "The arguments hold text that is not well-formed Unicode.", { cause });
	}
	throw new AppError("INVALID_INPUT", "The arguments have no JSON.");
}

/** The first id that the arguments name: `documentId` names a document. */
function targetOf(input: unknown): ApprovalTarget | null {
	for (const [name, value] of Object.entries(input ?? {})) {
		const [, kind] = /^(\w+)Id$/.exec(name) ?? [];
		if (kind && typeof value === "string") return { kind, id: value };
	}
	return null;
}
