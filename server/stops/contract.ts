import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const stopKinds = ["agent", "tool", "model", "user", "everything"] as const;
export const StopKind = z.enum(stopKinds).describe("What is stopped.");
export type StopKind = z.infer<typeof StopKind>;

const Target = z
	.string()
	.trim()
	.max(200)
	.overwrite((text) => text.replaceAll("\0", "").toWellFormed())
	.describe("The agent's or account's id, the tool's path, the model's name; empty for everything.");
const Reason = z
	.string()
	.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
	.min(1, "Say why: others have to know when to lift it.")
	.max(500)
	.describe("Why; whoever may lift it reads it.");

export const Stop = z.object({
	id: z.uuid(),
	kind: StopKind,
	target: Target,
	targetName: z.string().nullable().describe("What people call the agent or account; null where it has no other name."),
	reason: Reason,
	placedByName: z.string().nullable().describe("Who placed it; null where their account is gone."),
	createdAt: z.date(),
});
export type Stop = z.infer<typeof Stop>;
export const ListStops = listOf(Stop, { filter: { kind: asks.oneOf(stopKinds) }, sort: ["createdAt"] });
export type ListStops = z.infer<typeof ListStops>;
export const StopPage = pageOf(Stop);
export const PlaceStop = z.strictObject({ kind: StopKind, target: Target.default(""), reason: Reason });
export type PlaceStop = z.infer<typeof PlaceStop>;
export const OneStop = z.strictObject({ stopId: z.uuid() });
export type OneStop = z.infer<typeof OneStop>;
