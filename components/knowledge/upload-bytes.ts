import superjson, { type SuperJSONResult } from "superjson";
import { csrfHeaders } from "@/components/trpc/api";
import type { Upload } from "@/server/knowledge/contract";

/** An answer of the RPC face, as it comes over the wire. */
type Answer = { result?: { data: SuperJSONResult }; error?: SuperJSONResult };

/** Brings a file's bytes. `fetch` can't tell how far it is with sending, so this is the older way. */
export function uploadBytes(file: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Upload> {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open("POST", "/api/trpc/knowledge.upload");
		for (const [name, value] of Object.entries(csrfHeaders)) request.setRequestHeader(name, value);
		request.setRequestHeader("content-type", "application/octet-stream");
		request.responseType = "json";
		request.upload.onprogress = (event) => onSent(event.loaded);
		request.onerror = () => reject(new Error("The connection broke while the file was sent."));
		request.onabort = () => reject(new Error("The upload was taken back."));
		request.onload = () => {
			// The server's own envelope; what is in it was parsed against the contract there.
			const answer = request.response as Answer | null;
			if (answer?.result) return resolve(superjson.deserialize<Upload>(answer.result.data));
			reject(
				answer?.error ? refusal(superjson.deserialize(answer.error)) : new Error("The server's answer was cut off."),
			);
		};
		signal.addEventListener("abort", () => request.abort(), { once: true });
		request.send(file);
	});
}

/** The same shape as a failed call of the client, so that one reader tells both. */
function refusal(shape: { message: string; data: unknown }): Error {
	return Object.assign(new Error(shape.message), { data: shape.data });
}
