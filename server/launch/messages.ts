import { z } from "zod";

/** What the launcher's children tell it. */
export const Message = z.discriminatedUnion("kind", [
	/** It can't go on, and a new start would not help. */
	z.object({ kind: z.literal("problem"), message: z.string() }),
	/** The web server takes connections. */
	z.object({ kind: z.literal("listening") }),
	/** How far it is, for the progress line. */
	z.object({ kind: z.literal("progress"), text: z.string() }),
	/** The demo is there, and this is who can sign in to it. */
	z.object({
		kind: z.literal("demo"),
		password: z.string(),
		people: z.array(z.object({ name: z.string(), post: z.string(), email: z.string(), role: z.string() })),
	}),
	/** The database is as this version needs it. */
	z.object({ kind: z.literal("prepared"), applied: z.array(z.string()), setupCode: z.string().nullable() }),
]);
export type Message = z.infer<typeof Message>;
