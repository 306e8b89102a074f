import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Modality } from "./connections";

export const StepConditions = z
	.strictObject({
		modality: Modality.optional().describe("Only what holds pictures (`image`), or only what holds none (`text`)."),
		leastTokens: z.int().min(1).max(100_000_000).optional().describe("Only what is at least so long, in tokens."),
		mostMicros: z
			.int()
			.min(0)
			.max(1_000_000_000_000)
			.optional()
			.describe("Only where the dearest answer costs no more, in millionths of the currency."),
		mostFailurePercent: z
			.int()
			.min(0)
			.max(100)
			.optional()
			.describe("Not while a greater share of its calls of the last ten minutes failed."),
	})
	.describe("When it is asked; what is left out sets no condition.");
export type StepConditions = z.infer<typeof StepConditions>;

export const RouteStep = z.object({
	modelId: z.uuid(),
	model: z.string().describe("What its provider calls it."),
	connection: z.string().describe("Where it is asked."),
	isEnabled: z.boolean().describe("Whether it is asked at all: it, and its connection, are on."),
	conditions: StepConditions,
});
export type RouteStep = z.infer<typeof RouteStep>;

const plain = (text: string) => text.replaceAll("\0", "").toWellFormed().trim();
const RouteName = z
	.string()
	.overwrite(plain)
	.min(1, "Give it a name.")
	.max(60)
	.describe("What agents name it by. It stays.");
const Description = z.string().overwrite(plain).max(300);
const RouteTotalMs = z
	.int()
	.min(1_000)
	.max(900_000)
	.describe("Longest for a whole answer, whichever model gives it, with every retry, in ms.");
const Regions = z
	.array(z.string().regex(/^[a-z0-9-]{1,20}$/, "Small letters, digits and dashes, such as eu."))
	.max(10)
	.describe("Only models whose data stay in one of these regions; empty for any.");
const Steps = z
	.array(z.strictObject({ modelId: z.uuid(), conditions: StepConditions.default({}) }))
	.max(20)
	.describe("Its models, in the order in which they are asked.");

export const Route = z.object({
	id: z.uuid(),
	name: RouteName,
	description: z.string(),
	isDefault: z.boolean().describe("Whether it answers where an agent names no route."),
	totalMs: RouteTotalMs,
	regions: Regions,
	steps: z.array(RouteStep).describe("Its models, in the order in which they are asked."),
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
});
export type Route = z.infer<typeof Route>;
export const RoutePage = pageOf(Route);
export const ListRoutes = listOf(Route, { filter: { name: asks.text(60) }, sort: ["createdAt", "name"] });
export type ListRoutes = z.infer<typeof ListRoutes>;
export const OneRoute = z.strictObject({ routeId: z.uuid() });
export type OneRoute = z.infer<typeof OneRoute>;

export const AddRoute = z.strictObject({
	name: RouteName,
	description: Description.default(""),
	totalMs: RouteTotalMs.default(120_000),
	regions: Regions.default([]),
	steps: Steps.default([]),
	isDefault: z.boolean().default(false).describe("Whether it answers where an agent names no route."),
});
export type AddRoute = z.infer<typeof AddRoute>;
export const ChangeRoute = OneRoute.extend({
	description: Description.optional(),
	totalMs: RouteTotalMs.optional(),
	regions: Regions.optional(),
	steps: Steps.optional(),
	isDefault: z.boolean().optional().describe("True: it becomes the default, and the one before is it no more."),
	basedOn: z.int().optional(),
});
export type ChangeRoute = z.infer<typeof ChangeRoute>;
