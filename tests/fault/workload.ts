import { foldAnswer } from "@/server/runs/contract";
import type { Client } from "@/tests/support/client";

/** A text of a few passages that no other call brings. */
const textOf = (name: string) =>
	[`# Berths, edition ${name}`, ...Array.from({ length: 12 }, (_, n) => paragraph(name, n))].join("\n\n");
const paragraph = (name: string, n: number) =>
	`Ferry ${name}-${n} uses berth ${n + 1} on weekdays. Its crew reports to the harbour master ${10 + n} minutes before departure, ` +
	`checks the ramp, the mooring lines and the life rafts, and notes the number of passengers and vehicles in the log of edition ${name}. ` +
	"In fog the departure waits until visibility is above five hundred metres, and the harbour master says so by radio.";

export async function addDocument(client: Client, collectionId: string, name: string) {
	const upload = await client.api.knowledge.upload.mutate(new Blob([textOf(name)]));
	return client.api.knowledge.addDocument.mutate({
		collectionId,
		uploadId: upload.uploadId,
		name: `berths-${name}.md`,
	});
}

export const deleteDocument = (client: Client, documentId: string) =>
	client.api.knowledge.deleteDocument.mutate({ documentId });

export type Followed = {
	runId: string;
	/** What a reader has at the end, however often the line was cut. */
	ended: (ms: number) => Promise<{ text: string; seqs: number[] }>;
};

/** Reads a run's events as a browser does: cut off, it comes back and goes on after the last event it has. */
export function followRun(client: Client, runId: string): Followed {
	const end = Promise.withResolvers<{ text: string; seqs: number[] }>();
	const seqs: number[] = [];
	let text = "";
	const subscription = client.api.runs.events.subscribe(
		{ runId },
		{
			onData: ({ data }) => {
				seqs.push(data.seq);
				text = foldAnswer(text, data.body);
				if (data.body.type !== "run.ended") return;
				subscription.unsubscribe();
				end.resolve({ text, seqs });
			},
			onError: (error) => end.reject(error),
		},
	);
	return {
		runId,
		ended: (ms) => {
			const late = setTimeout(
				() => end.reject(new Error(`Run ${runId} did not end for its reader; it has ${seqs.length} events`)),
				ms,
			);
			return end.promise.finally(() => {
				clearTimeout(late);
				subscription.unsubscribe();
			});
		},
	};
}
