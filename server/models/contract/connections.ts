import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const connectionKinds = ["openai", "anthropic"] as const;
export const ConnectionKind = z
	.enum(connectionKinds)
	.describe("What it speaks: `openai` is the HTTP API that most others speak too, `anthropic` the Messages API.");
export type ConnectionKind = z.infer<typeof ConnectionKind>;
export const modalities = ["text", "image"] as const;
export const Modality = z.enum(modalities);
export type Modality = z.infer<typeof Modality>;
export const modelCapabilities = ["tools", "json", "logprobs"] as const;
export const ModelCapability = z.enum(modelCapabilities);
export type ModelCapability = z.infer<typeof ModelCapability>;

const plain = (text: string) => text.replaceAll("\0", "").toWellFormed().trim();
const ConnectionName = z.string().overwrite(plain).min(1, "Give it a name.").max(80);
const Address = z
	.string()
	.trim()
	.min(1, "Give its address.")
	.max(2000)
	.describe("Where it is asked, such as https://api.example.org/v1.");
const Key = z
	.string()
	.regex(/^[\x21-\x7e]{1,4000}$/, "A key has no spaces and no letters beyond ASCII.")
	.describe("What it asks us for. It is kept sealed and told to nobody.");
const Concurrency = z.int().min(1).max(1_000).describe("Most requests of one process at once; who comes then waits.");
const FirstTokenMs = z.int().min(1_000).max(300_000).describe("Longest until the first word of an answer, in ms.");
const IdleMs = z.int().min(1_000).max(300_000).describe("Longest silence between two pieces of an answer, in ms.");
const TotalMs = z.int().min(1_000).max(900_000).describe("Longest for a whole answer with its retries, in ms.");
const IsProbed = z
	.boolean()
	.describe("Whether its models are tried once in a while where nobody asks them: one tiny call each.");

export const ModelPrice = z.object({
	id: z.uuid(),
	currency: z.string().describe("Three letters, such as EUR."),
	inputMicros: z.int().describe("For a million tokens of input, in millionths of the currency."),
	outputMicros: z.int().describe("For a million tokens of output, in millionths of the currency."),
	cachedMicros: z
		.int()
		.nullable()
		.describe("For a million tokens of input that the provider had kept; null: as much as other input."),
	validFrom: z.date().describe("Since when it counts; the newest that has begun does."),
});
export type ModelPrice = z.infer<typeof ModelPrice>;

export const Circuit = z
	.object({
		openUntil: z.date().describe("Until when it is asked only where no other model answers."),
		reason: z.string().describe("Why it rests."),
	})
	.nullable()
	.describe("Where it rests after failures; null where it does not.");

export const Model = z.object({
	id: z.uuid(),
	connectionId: z.uuid(),
	name: z.string().describe("What its provider calls it."),
	contextTokens: z.int().describe("Most tokens of a question and its answer together."),
	modalities: z.array(Modality).describe("What it can be shown."),
	capabilities: z
		.array(ModelCapability)
		.describe("What else it can: call tools, answer in JSON, say how likely it found its words."),
	dataRegion: z.string().describe("Where its provider works on what it is told; empty where nobody says."),
	isEnabled: z.boolean().describe("Whether it is asked at all."),
	prices: z.array(ModelPrice).describe("The newest first; those of the future too."),
	routes: z.array(z.string()).describe("The routes that it is in."),
	circuit: Circuit,
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
});
export type Model = z.infer<typeof Model>;

/** A model as a list has it, with whose it is. */
export const ListedModel = Model.pick({
	id: true,
	connectionId: true,
	name: true,
	contextTokens: true,
	modalities: true,
	capabilities: true,
	dataRegion: true,
	isEnabled: true,
	createdAt: true,
}).extend({ connection: z.string().describe("What its connection is called.") });
export type ListedModel = z.infer<typeof ListedModel>;
export const ModelPage = pageOf(ListedModel);
export const ListModels = listOf(ListedModel, {
	filter: { connectionId: asks.id() },
	sort: ["createdAt"],
});
export type ListModels = z.infer<typeof ListModels>;

export const Connection = z.object({
	id: z.uuid(),
	name: z.string(),
	kind: ConnectionKind,
	address: z.string(),
	hasKey: z.boolean().describe("Whether a key is kept for it."),
	concurrency: Concurrency,
	firstTokenMs: FirstTokenMs,
	idleMs: IdleMs,
	totalMs: TotalMs,
	isEnabled: z.boolean().describe("Whether its models are asked at all."),
	isProbed: IsProbed,
	modelCount: z.int().describe("How many models it has."),
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
});
export type Connection = z.infer<typeof Connection>;
export const ConnectionPage = pageOf(Connection);
export const ConnectionDetail = Connection.extend({ models: z.array(Model).describe("Its models, by name.") });
export type ConnectionDetail = z.infer<typeof ConnectionDetail>;

export const ListConnections = listOf(Connection, { filter: { name: asks.text(80) }, sort: ["createdAt", "name"] });
export type ListConnections = z.infer<typeof ListConnections>;
export const OneConnection = z.strictObject({ connectionId: z.uuid() });
export type OneConnection = z.infer<typeof OneConnection>;

export const AddConnection = z.strictObject({
	name: ConnectionName,
	kind: ConnectionKind,
	address: Address,
	key: Key.optional(),
	concurrency: Concurrency.default(16),
	firstTokenMs: FirstTokenMs.default(30_000),
	idleMs: IdleMs.default(30_000),
	totalMs: TotalMs.default(120_000),
	isProbed: IsProbed.default(true),
});
export type AddConnection = z.infer<typeof AddConnection>;

export const ChangeConnection = OneConnection.extend({
	name: ConnectionName.optional(),
	address: Address.optional(),
	key: Key.nullable().optional().describe("Another key; null takes it away. A new address needs its key anew."),
	concurrency: Concurrency.optional(),
	firstTokenMs: FirstTokenMs.optional(),
	idleMs: IdleMs.optional(),
	totalMs: TotalMs.optional(),
	isEnabled: z.boolean().optional().describe("Whether its models are asked at all."),
	isProbed: IsProbed.optional(),
	basedOn: z.int().optional(),
});
export type ChangeConnection = z.infer<typeof ChangeConnection>;

const ModelName = z.string().overwrite(plain).min(1, "Say what its provider calls it.").max(200);
const ContextTokens = z.int().min(1_000).max(100_000_000);
const Region = z
	.string()
	.regex(/^[a-z0-9-]{0,20}$/, "Up to 20 small letters, digits and dashes, such as eu.")
	.describe("Where its provider works on what it is told, such as eu; empty where nobody says.");
const Modalities = z.array(Modality).min(1).max(2).describe("What it can be shown.");
const Capabilities = z.array(ModelCapability).max(modelCapabilities.length).describe("What else it can.");

export const AddModel = OneConnection.extend({
	name: ModelName,
	contextTokens: ContextTokens,
	modalities: Modalities.default(["text"]),
	capabilities: Capabilities.default(["tools"]),
	dataRegion: Region.default(""),
});
export type AddModel = z.infer<typeof AddModel>;
export const OneModel = z.strictObject({ modelId: z.uuid() });
export type OneModel = z.infer<typeof OneModel>;
export const ChangeModel = OneModel.extend({
	name: ModelName.optional(),
	contextTokens: ContextTokens.optional(),
	modalities: Modalities.optional(),
	capabilities: Capabilities.optional(),
	dataRegion: Region.optional(),
	isEnabled: z.boolean().optional().describe("Whether it is asked at all."),
	basedOn: z.int().optional(),
});
export type ChangeModel = z.infer<typeof ChangeModel>;

const Micros = z.int("Enter an amount.").min(0).max(1_000_000_000_000);
export const AddPrice = OneModel.extend({
	currency: z
		.string()
		.regex(/^[A-Z]{3}$/, "Three capital letters, such as EUR.")
		.describe("Three letters; the same for all prices here, so that sums mean something."),
	inputMicros: Micros.describe("For a million tokens of input, in millionths of the currency."),
	outputMicros: Micros.describe("For a million tokens of output, in millionths of the currency."),
	cachedMicros: Micros.nullable()
		.default(null)
		.describe("For a million tokens of input that the provider had kept; null: as much as other input."),
	validFrom: z.iso.datetime({ offset: true }).optional().describe("Since when it counts; left out: from now on."),
});
export type AddPrice = z.infer<typeof AddPrice>;
export const OnePrice = z.strictObject({ priceId: z.uuid() });
export type OnePrice = z.infer<typeof OnePrice>;
export const Gone = z.object({ deleted: z.literal(true) });
export type Gone = z.infer<typeof Gone>;
