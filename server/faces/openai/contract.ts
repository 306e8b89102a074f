import { z } from "zod";

/**
 * What OpenAI's clients send, as far as it means something here. Other fields (temperature and the like) are the agent's to
 * decide and are let pass; what would change the answer and can't be done is refused by name.
 */
const TextPart = z.object({ type: z.enum(["text", "input_text", "output_text"]), text: z.string() });
const Content = z
	.union([z.string(), z.array(TextPart)], { error: "Only text can be read: send images and files to a collection." })
	.transform((content) => (typeof content === "string" ? content : content.map(({ text }) => text).join("\n")));

const FunctionCall = z.object({
	id: z.string(),
	type: z.literal("function").optional(),
	function: z.object({ name: z.string(), arguments: z.string() }),
});
export const Message = z.discriminatedUnion("role", [
	z.object({ role: z.enum(["system", "developer"]), content: Content }),
	z.object({ role: z.literal("user"), content: Content }),
	z.object({
		role: z.literal("assistant"),
		content: Content.nullish(),
		tool_calls: z.array(FunctionCall).nullish(),
	}),
	z.object({ role: z.literal("tool"), tool_call_id: z.string(), content: Content }),
]);
export type Message = z.infer<typeof Message>;

const only = <T>(allowed: T, why: string) =>
	z
		.unknown()
		.refine((value) => value === undefined || value === null || value === allowed, { error: why })
		.optional();

const parameters = z.record(z.string(), z.unknown()).nullish();
const ChatTool = z.object({
	type: z.literal("function", { error: "Only functions can be offered." }),
	function: z.object({ name: z.string(), description: z.string().nullish(), parameters }),
});

export const ChatRequest = z.looseObject({
	model: z.string().min(1).max(200),
	messages: z.array(Message).min(1, "Send at least one message.").max(500),
	stream: z.boolean().nullish(),
	stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
	tools: z.array(ChatTool).nullish(),
	tool_choice: z.union([z.enum(["auto", "none"]), z.null()], { error: "Only auto and none are possible." }).optional(),
	n: only(1, "One answer is given at a time."),
	response_format: z.looseObject({ type: z.literal("text", { error: "Only text is answered." }) }).nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

const ResponseItem = z.union([
	z.object({
		type: z.literal("function_call"),
		call_id: z.string(),
		name: z.string(),
		arguments: z.string(),
	}),
	z.object({ type: z.literal("function_call_output"), call_id: z.string(), output: z.string() }),
	z.object({
		type: z.literal("message").optional(),
		role: z.enum(["system", "developer", "user", "assistant"]),
		content: Content,
	}),
]);
const ResponseTool = z.object({
	type: z.literal("function", { error: "Only functions can be offered." }),
	name: z.string(),
	description: z.string().nullish(),
	parameters,
});

export const ResponsesRequest = z.looseObject({
	model: z.string().min(1).max(200),
	input: z.union([z.string().min(1), z.array(ResponseItem).min(1).max(500)]),
	instructions: z.string().nullish(),
	/** Goes on from an earlier answer: `resp_…` as that was given. */
	previous_response_id: z.string().nullish(),
	stream: z.boolean().nullish(),
	tools: z.array(ResponseTool).nullish(),
	background: only(false, "Follow /api/v1/runs for work in the background."),
});
export type ResponsesRequest = z.infer<typeof ResponsesRequest>;

export const EmbeddingsRequest = z.looseObject({
	model: z.string().max(200),
	input: z.union([z.string(), z.array(z.string())], { error: "Send a text or a list of texts." }),
	encoding_format: z.enum(["float", "base64"]).nullish(),
	dimensions: only(384, "The model has 384 dimensions."),
});
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;
