import { notAnAnswer } from "./model-failure";

/** No event of a model's is so long. */
const mostEventChars = 2_000_000;

/** The data of each event of a stream, as text. Ends with the body; a half event at its end is no event. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	let rest = "";
	let data: string[] = [];
	for await (const bytes of body) {
		rest += decoder.decode(bytes, { stream: true });
		const lines = rest.split(/\r\n|\n|\r(?!$)/);
		rest = lines.pop() ?? "";
		if (rest.length > mostEventChars) throw notAnAnswer();
		for (const line of lines) {
			if (line.startsWith("data:")) data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
			else if (line === "" && data.length > 0) {
				yield data.join("\n");
				data = [];
			}
		}
	}
}
