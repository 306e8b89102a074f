import { AppError } from "../errors";
import { type GuardPolicy, guardedFetch } from "../fetch-guard";
import { signedHeaders } from "./signature";

export type Delivery = { url: string; id: string; body: string; secrets: string[]; signal?: AbortSignal | undefined };
/** What the other side said; `problem` is null where it took the delivery. */
export type Answered = { status: number | null; problem: string | null };

const timeoutMs = 10_000;
const maxBytes = 64 * 1024;

/** Sends one signed delivery. Every 2xx is taken for yes, all else for no: also a redirect, which is not followed. */
export async function post({ url, id, body, secrets, signal }: Delivery, policy?: GuardPolicy): Promise<Answered> {
	const at = Math.floor(Date.now() / 1000);
	const headers = {
		...signedHeaders({ id, at, body }, secrets),
		"content-type": "application/json",
		"user-agent": "Quarterdeck",
	};
	try {
		const { status } = await guardedFetch(url, { method: "POST", headers, body, timeoutMs, maxBytes, signal }, policy);
		const isTaken = status >= 200 && status < 300;
		return { status, problem: isTaken ? null : `The other side answered with status ${status}.` };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return { status: null, problem: error.message };
	}
}
