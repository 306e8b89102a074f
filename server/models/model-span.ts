import { type noteSpan, type SpanRow, scopeNow } from "@/server/core/spans";
import type { CallRow } from "./call-log";
import type { KnownModel } from "./catalogue";
import type { ModelEnd } from "./model";
import type { Asked } from "./provider";

const statusOf = { answered: "ok", failed: "failed", cancelled: "cancelled" } as const;

/** Its id follows from the call's, so that a call is one span and one row. */
export const spanIdOfCall = (callId: string): string => callId.replaceAll("-", "").slice(-16);

/** The span of a call that is over: the figures of its row. */
export function callSpan(
	call: CallRow,
	{ model, started, content }: { model: KnownModel; started: number; content: SpanRow["content"] },
): Parameters<typeof noteSpan> {
	const { inputTokens, outputTokens, cachedTokens, costMicros, currency, firstTokenMs, hop, connection } = call;
	const facts = {
		...{ status: statusOf[call.outcome], errorCode: call.reason ?? null, modelAsked: call.route, model: call.model },
		...{ inputTokens, outputTokens, cachedTokens, costMicros, currency, firstTokenMs, hop, connection },
		attributes: {
			...{ callId: call.id, provider: model.connection.kind },
			...(call.isEstimated ? { isEstimated: true } : {}),
			...(call.status ? { httpStatus: call.status } : {}),
		},
		...(content ? { content } : {}),
	};
	return [{ kind: "model", name: call.model, id: spanIdOfCall(call.id) }, started, facts];
}

/** Hears what is told and said, where that is to be kept; otherwise it keeps nothing. */
export class Listener {
	private readonly isWanted = scopeNow()?.trace.sink.wantsContent() ?? false;
	private said = "";
	constructor(private readonly asked: Asked) {}

	add(piece: string): void {
		if (this.isWanted) this.said += piece;
	}

	content(end: ModelEnd | null): SpanRow["content"] {
		if (!this.isWanted) return null;
		const calls = (end?.calls ?? []).map((call) => `\n[calls ${call.name}] ${call.arguments}`).join("");
		const input = this.asked.messages.map(({ role, content }) => `[${role}]\n${content}`).join("\n\n");
		return { input, output: this.said + calls };
	}
}
