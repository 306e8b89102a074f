import { askProof } from "@/components/trpc/proof";
import type { Asked } from "./request";

export type Answer = { status: number; ms: number; headers: [string, string][]; body: unknown; isCut: boolean };

/** Of an answer's headers, those that mean something to whoever writes a program. */
const told = ["content-type", "etag", "location", "deprecation", "sunset", "retry-after", "x-request-id"];
const isTold = (name: string) => told.includes(name) || name.startsWith("ratelimit-");
/** Of a stream, as much as comes in this time; of anything, no more than this. */
const streamMs = 4_000;
const mostCharacters = 200_000;

/** Sends it as it stands. Where a proof is wanted the person is asked for one, and it is sent once more. */
export async function send(asked: Asked): Promise<Answer> {
	const first = await sendOnce(asked);
	if (!/"PROOF_NEEDED"/.test(JSON.stringify(first.body) ?? "") || first.status === 200) return first;
	return (await askProof()) ? sendOnce(asked) : first;
}

async function sendOnce({ method, address, headers, body }: Asked): Promise<Answer> {
	const started = performance.now();
	const response = await fetch(address, { method, headers, body });
	const { text, isCut } = await readSome(response);
	return {
		status: response.status,
		ms: Math.round(performance.now() - started),
		headers: [...response.headers].filter(([name]) => isTold(name)),
		body: parsed(text),
		isCut,
	};
}

/** A stream has no end that one could wait for. */
async function readSome(response: Response): Promise<{ text: string; isCut: boolean }> {
	const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
	if (!reader) return { text: "", isCut: false };
	const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
	let isCut = false;
	const stop = () => {
		isCut = true;
		void reader.cancel().catch(() => {});
	};
	const timer = isStream ? setTimeout(stop, streamMs) : undefined;
	let text = "";
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) break;
			text += value;
			if (text.length > mostCharacters) stop();
		}
	} finally {
		clearTimeout(timer);
	}
	return { text: text.slice(0, mostCharacters), isCut };
}

function parsed(text: string): unknown {
	if (text === "") return null;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
