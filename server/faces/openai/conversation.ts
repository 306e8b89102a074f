import { AppError } from "@/server/core/errors";
import type { Conversation, StartRun } from "@/server/runs/contract";
import type { ChatRequest, Message, ResponsesRequest } from "./contract";

type Question = Pick<StartRun, "question"> & { conversation: Conversation };
type Exchange = Conversation["exchange"];

/**
 * A list of messages as a run takes it: the last question of the user, what was said before it, and the calls of functions
 * since. What the caller calls "system" are wishes: the agent's own rules stand above them.
 */
export function conversationOf(messages: readonly Message[], functions: Conversation["functions"]): Question {
	const last = messages.findLastIndex(({ role }) => role === "user");
	const question = messages[last];
	if (question?.role !== "user") throw new AppError("INVALID_INPUT", "messages: there is no message of the user.");
	const wishes = messages.flatMap((one) => (one.role === "system" || one.role === "developer" ? one.content : []));
	return {
		question: question.content,
		conversation: {
			history: historyOf(messages.slice(0, last)),
			wishes: wishes.join("\n\n"),
			functions,
			exchange: exchangeOf(messages.slice(last + 1)),
		},
	};
}

/** Each question with the last thing that was answered to it; one that got no answer is left out. */
function historyOf(messages: readonly Message[]): Conversation["history"] {
	const turns: Conversation["history"] = [];
	let question: string | null = null;
	for (const message of messages) {
		if (message.role === "user") question = message.content;
		if (message.role !== "assistant" || !message.content || question === null) continue;
		turns.push({ question, answer: message.content });
		question = null;
	}
	return turns.slice(-100);
}

function exchangeOf(messages: readonly Message[]): Exchange {
	const exchange: Exchange = [];
	for (const message of messages) {
		if (message.role === "assistant" && message.tool_calls?.length)
			exchange.push({ calls: message.tool_calls.map(({ id, function: one }) => ({ ref: id, ...one })), results: [] });
		if (message.role !== "tool") continue;
		const asked = exchange.findLast(({ calls }) => calls.some(({ ref }) => ref === message.tool_call_id));
		if (!asked)
			throw new AppError("INVALID_INPUT", `messages: nothing called for the result of ${message.tool_call_id}.`);
		asked.results.push({ ref: message.tool_call_id, content: message.content });
	}
	return exchange;
}

const functionOf = (one: {
	name: string;
	description?: string | null | undefined;
	parameters?: Record<string, unknown> | null | undefined;
}) => ({
	name: one.name,
	description: one.description ?? "",
	parameters: one.parameters ?? { type: "object", properties: {} },
});

export const chatQuestion = (request: ChatRequest): Question =>
	conversationOf(
		request.messages,
		request.tool_choice === "none" ? [] : (request.tools ?? []).map((tool) => functionOf(tool.function)),
	);

/** The Responses API says the same in items. */
export function responsesQuestion({ input, instructions, tools }: ResponsesRequest): Question {
	const items = typeof input === "string" ? [{ role: "user" as const, content: input }] : input;
	const messages: Message[] = instructions ? [{ role: "system", content: instructions }] : [];
	for (const item of items) {
		if ("role" in item) messages.push(item);
		else if (item.type === "function_call_output")
			messages.push({ role: "tool", tool_call_id: item.call_id, content: item.output });
		else {
			const call = { id: item.call_id, function: { name: item.name, arguments: item.arguments } };
			const before = messages.at(-1);
			if (before?.role === "assistant" && before.tool_calls) before.tool_calls.push(call);
			else messages.push({ role: "assistant", tool_calls: [call] });
		}
	}
	return conversationOf(messages, (tools ?? []).map(functionOf));
}
