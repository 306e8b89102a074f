import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { permissions, roles } from "@/server/core/permissions";

/** A built-in role's name, or a custom role's id. */
export const RoleKey = z.union([z.enum(roles), z.uuid()], { error: "There is no such role." });
export const Permission = z.enum(permissions);
const encoder = new TextEncoder();
/** Counted as people count, never cut, trimmed or changed. What else makes a good one stands in server/auth/passwords. */
const passwordOf = (least: number) => {
	const tooShort = `Use at least ${least} characters: a sentence is easy to remember.`;
	return z
		.string()
		.min(least, tooShort)
		.max(1_024, "Use at most 1,024 characters.")
		.refine((text) => [...text].length >= least, tooShort)
		.refine((text) => encoder.encode(text).length <= 1_024, "This is too long: at most 1,024 bytes.");
};
export const Password = passwordOf(15);
/** Of somebody who may have a second factor; whether they do, the server knows. */
export const PasswordWithFactor = passwordOf(8);
export const Email = z.email("This is not an e-mail address.").max(254);
export const PersonName = z.string().trim().min(1, "A name is needed.").max(100);

export const User = z.object({
	id: z.uuid(),
	name: z.string(),
	email: z.string(),
	role: RoleKey,
	/** What people call the role. */
	roleName: z.string(),
	isDisabled: z.boolean(),
	/** Nothing names them any more; the account stands for what others still use. */
	isErased: z.boolean(),
	createdAt: z.date(),
	lastSeenAt: z.date().nullable(),
});
export type User = z.infer<typeof User>;

export const ListUsers = listOf(User, {
	filter: { role: asks.text(100), isDisabled: asks.flag(), createdAt: asks.time() },
	sort: ["createdAt", "name"],
});
export type ListUsers = z.infer<typeof ListUsers>;
export const UserPage = pageOf(User);

export const CreateUser = z.strictObject({ name: PersonName, email: Email, role: RoleKey, password: Password });
export type CreateUser = z.infer<typeof CreateUser>;

export const OneUser = z.strictObject({ userId: z.uuid() });
export type OneUser = z.infer<typeof OneUser>;

export const SetUserRole = z.strictObject({ userId: z.uuid(), role: RoleKey });
export type SetUserRole = z.infer<typeof SetUserRole>;

export const SetUserDisabled = z.strictObject({ userId: z.uuid(), isDisabled: z.boolean() });
export type SetUserDisabled = z.infer<typeof SetUserDisabled>;

export const EraseUser = z.strictObject({ userId: z.uuid() });
export type EraseUser = z.infer<typeof EraseUser>;

/** First run. The code is the one that `npm start` printed. */
export const CreateOwner = z.strictObject({
	code: z.string().trim().min(1, "The code that the start command printed is needed.").max(100),
	name: PersonName,
	email: Email,
	password: Password,
});
export type CreateOwner = z.infer<typeof CreateOwner>;

export const SetupStatus = z.object({
	needsOwner: z.boolean(),
	/** What the OpenID Connect provider is called that people may sign in with; null where there is none. */
	provider: z.string().nullable(),
});
export const Me = z.object({
	id: z.uuid(),
	name: z.string(),
	email: z.string(),
	role: RoleKey,
	roleName: z.string(),
	/** What the caller may do at this moment; a key or an agent may do no more than its person. */
	permissions: z.array(Permission),
	/** Their role asks for a second factor, and they have none yet. */
	mustEnrol: z.boolean(),
});
export type Me = z.infer<typeof Me>;
export const Nothing = z.strictObject({});
export const Done = z.object({ done: z.literal(true) });
