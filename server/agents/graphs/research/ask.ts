import { type ChatModel, estimateTokens, ModelFailure, type ModelMessage, type Usage } from "@/server/models/model";

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0 };

/** What a model said, and what it took; `failure` where it gave no whole answer. */
export type Said = { text: string; usage: Usage; failure: string | null; by?: string };

/** Asks for something short. A model that fails or never ends has said nothing, but was paid for. */
export async function askModel(
	model: ChatModel,
	messages: ModelMessage[],
	opts: {
		signal: AbortSignal;
		mostChars: number;
		mostTokens?: number;
		onPiece?: (piece: string) => void;
		/** What was said is taken back: another model begins anew. */
		onRestart?: (why: string) => void;
	},
): Promise<Said> {
	let text = "";
	try {
		const onRestart = (why: string) => {
			text = "";
			opts.onRestart?.(why);
		};
		const pieces = model.answer(messages, opts.signal, [], {
			onRestart,
			...(opts.mostTokens ? { mostTokens: opts.mostTokens } : {}),
		});
		for (;;) {
			const piece = await pieces.next();
			if (piece.done) {
				const { usage, by } = piece.value;
				return { text, usage, failure: null, ...(by ? { by } : {}) };
			}
			text += piece.value;
			opts.onPiece?.(piece.value);
			if (text.length > opts.mostChars) {
				await pieces.return({ usage: noUsage, end: "cut", calls: [] });
				throw new ModelFailure("The model's answer did not come to an end.");
			}
		}
	} catch (error) {
		opts.signal.throwIfAborted();
		if (!(error instanceof ModelFailure)) throw error;
		const asked = messages.map(({ content }) => content).join("\n");
		// What never began was not counted either.
		const said = { inputTokens: estimateTokens(asked), outputTokens: estimateTokens(text) };
		return { text, usage: error.usage ?? (text === "" ? noUsage : said), failure: error.message };
	}
}
