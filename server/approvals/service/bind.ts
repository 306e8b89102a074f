import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ApprovalTarget } from "@/db/schema";
import { causeOf } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { secretIn } from "@/server/core/mask";
import type { Permission } from "@/server/core/permissions";
import { mostArgumentChars } from "../contract";
import type { Demands } from "./rules";

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
	/** What rules ask for beside that it is dangerous; null where none does. */
	demands: Demands | null;
	/** Other arguments than the call's own, as the tool's definition takes them: canonical JSON in. */
	read: (text: string) => unknown;
	/** What it would do, in plain words; with other arguments than the call's own where some are given. */
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

/**
 * What is done within its context is done, or not, together with the approval's use. `instead` are arguments that somebody put
 * in place of the call's own.
 */
export type Work<T> = (ctx: ServiceContext, instead?: { input: unknown }) => Promise<T>;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Throws where the call can't be shown whole to whoever would decide. */
export function bind({ actor }: ServiceContext, call: ToolCall): Bound {
	const cause = causeOf(actor);
	if (!cause) throw new AppError("UNAUTHENTICATED", "Sign in first.");
	const { text, hash: argumentsHash } = readable(call.input);
	const target = targetOf(call.input);
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

/** The arguments as whoever decides reads them: whole, and without anything that has to be hidden. */
export function readable(input: unknown): { text: string; hash: string } {
	const text = canonical(input);
	if (text.length > mostArgumentChars)
		throw new AppError(
			"TOO_LARGE",
			`This needs a person's approval, and its arguments are too long to be read whole: at most ${mostArgumentChars.toLocaleString("en")} characters.`,
		);
	const secret = secretIn(input);
	if (secret !== null)
		throw new AppError(
			"FORBIDDEN",
			`This needs a person's approval, and ${secret === "" ? "its arguments hold" : `“${secret}” holds`} what looks like a secret, which nobody else may read. Do it yourself in the console.`,
		);
	return { text, hash: sha256(text) };
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
