import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const sessionKinds = ["console", "program"] as const;
export const Session = z.object({
	id: z.uuid(),
	/** A browser's, or a program's that signed in for tokens. */
	kind: z.enum(sessionKinds),
	program: z
		.object({ name: z.string(), scopes: z.array(z.string()).describe("What it was let do.") })
		.nullable()
		.describe("The registered program that the person let in; null for a session with a password."),
	/** What it says it is. */
	device: z.string().nullable(),
	address: z.string().nullable(),
	createdAt: z.date(),
	lastSeenAt: z.date(),
	expiresAt: z.date(),
	/** The one that asks. */
	isCurrent: z.boolean(),
});
export type Session = z.infer<typeof Session>;
export const SessionPage = pageOf(Session);

export const ListSessions = listOf(Session, {
	filter: { kind: asks.oneOf(sessionKinds), address: asks.text(100), createdAt: asks.time(), lastSeenAt: asks.time() },
	sort: ["createdAt", "lastSeenAt"],
});
export type ListSessions = z.infer<typeof ListSessions>;
export const ListSessionsOf = ListSessions.extend({ userId: z.uuid() });
export type ListSessionsOf = z.infer<typeof ListSessionsOf>;

export const OneSession = z.strictObject({ sessionId: z.uuid() });
export type OneSession = z.infer<typeof OneSession>;
export const OneSessionOf = z.strictObject({ userId: z.uuid(), sessionId: z.uuid() });
export type OneSessionOf = z.infer<typeof OneSessionOf>;
export const SessionsOf = z.strictObject({ userId: z.uuid() });
export type SessionsOf = z.infer<typeof SessionsOf>;
export const NoInput = z.strictObject({});
export const Ended = z.object({ ended: z.int() });
export type Ended = z.infer<typeof Ended>;
