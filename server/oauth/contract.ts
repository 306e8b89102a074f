import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import type { Permission } from "@/server/core/permissions";

/** What a program may ask a person for: the rights that tools, resources and prompts need. A test holds the list to the tools. */
export const programScopes = [
	"account:read",
	"knowledge:read",
	"knowledge:write",
	"agents:read",
	"agents:write",
	"prompts:read",
	"prompts:write",
	"users:read",
	"users:write",
	"audit:read",
	"jobs:read",
	"system:read",
	"mcp-tools:use",
] as const satisfies readonly Permission[];
export const ProgramScope = z.enum(programScopes);
export type ProgramScope = z.infer<typeof ProgramScope>;

/** Those that change something, or show what concerns other people: they are given after a fresh proof of who it is. */
export const dangerousScopes: ReadonlySet<ProgramScope> = new Set([
	"knowledge:write",
	"agents:write",
	"prompts:write",
	"users:read",
	"users:write",
	"audit:read",
	"mcp-tools:use",
]);

/** What a program asks for that names nothing: enough to read and search. */
export const usualScopes: readonly ProgramScope[] = programScopes.filter((scope) => !dangerousScopes.has(scope));

const isProgramScope = (text: string): text is ProgramScope => (programScopes as readonly string[]).includes(text);

/** What there is of what was asked for; what nobody knows is left out (RFC 6749, 3.3). */
export const readScopes = (text: string | undefined): ProgramScope[] =>
	text === undefined || text.trim() === "" ? [...usualScopes] : [...new Set(text.split(" "))].filter(isProgramScope);

/** No control, format or direction characters: a name must look like what it is. */
export const ProgramName = z
	.string()
	.trim()
	.min(1, "Say what the program is called.")
	.max(80)
	.regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, "Use letters, digits and spaces only.");

export const Program = z.object({
	id: z.uuid(),
	name: z.string(),
	redirectUris: z.array(z.string()).describe("Where people are sent back to, letter by letter."),
	hasSecret: z
		.boolean()
		.describe("Whether it proves with a secret that it is itself; one on people's own machines can't keep any."),
	createdBy: z
		.object({ id: z.uuid(), name: z.string() })
		.nullable()
		.describe("Who registered it; null where it did itself."),
	state: z.enum(["live", "revoked"]),
	sessions: z.int().describe("Sessions in which it may act for somebody at this moment."),
	createdAt: z.date(),
	lastUsedAt: z.date().nullable().describe("When somebody last let it in; null where nobody has."),
	revokedAt: z.date().nullable(),
});
export type Program = z.infer<typeof Program>;
export const ProgramPage = pageOf(Program);

export const ListPrograms = listOf(Program, { filter: { name: asks.text(80) }, sort: ["createdAt"] });
export type ListPrograms = z.infer<typeof ListPrograms>;

export const CreateProgram = z.strictObject({
	name: ProgramName,
	redirectUris: z
		.array(z.string().trim().min(1).max(2000))
		.min(1, "Name the address that people are sent back to.")
		.max(10)
		.transform((all) => [...new Set(all)])
		.describe("Where people are sent back to, letter by letter; on their own machine the port is free."),
	withSecret: z.boolean().default(false).describe("Whether it gets a secret to prove itself with."),
});
export type CreateProgram = z.infer<typeof CreateProgram>;
/** The one time that the secret is told. */
export const NewProgram = z.object({
	program: Program.describe("The program."),
	secret: z.string().nullable().describe("Its secret, told in this answer only; null where it has none."),
});
export type NewProgram = z.infer<typeof NewProgram>;

export const OneProgram = z.strictObject({ programId: z.uuid().describe("The program's id.") });
export type OneProgram = z.infer<typeof OneProgram>;

/** What a program sends a person's browser here with (OAuth 2.1, 4.1.1). */
export const AuthorizationRequest = z.strictObject({
	client_id: z.string().max(200).optional(),
	redirect_uri: z.string().max(2000).optional(),
	response_type: z.string().max(100).optional(),
	scope: z.string().max(2000).optional(),
	state: z.string().max(2000).optional(),
	code_challenge: z.string().max(200).optional(),
	code_challenge_method: z.string().max(20).optional(),
	resource: z.string().max(512).optional(),
});
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>;

export const AskedScope = z.object({ scope: ProgramScope, isDangerous: z.boolean() });

/** What a person is asked, or why they are not. */
export const Asking = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("ask"),
		program: z.object({
			name: z.string(),
			/** Whether somebody of this organisation registered it. */
			isKnown: z.boolean(),
			/** Where its answer goes. */
			redirectHost: z.string(),
			/** On the person's own machine. */
			isLocal: z.boolean(),
		}),
		scopes: z.array(AskedScope),
		/** Asked for, and not the person's to give. */
		missing: z.array(ProgramScope),
	}),
	z.object({
		kind: z.literal("problem"),
		message: z.string(),
		/** Takes the person back, with what is wrong for the program; null where nobody knows whether that may be trusted. */
		back: z.object({ host: z.string(), redirectTo: z.string() }).nullable(),
	}),
]);
export type Asking = z.infer<typeof Asking>;

export const Decide = z.strictObject({
	request: AuthorizationRequest,
	/** What of it the person gives; none: the program gets nothing. */
	scopes: z.array(ProgramScope).max(programScopes.length),
});
export type Decide = z.infer<typeof Decide>;
export const Decided = z.object({ redirectTo: z.string() });

/** What a program posts to get tokens. */
const Client = {
	client_id: z.string().min(1).max(200).optional(),
	client_secret: z.string().min(1).max(200).optional(),
};
export const CodeGrant = z.strictObject({
	...Client,
	grant_type: z.literal("authorization_code"),
	code: z.string().min(1).max(200),
	redirect_uri: z.string().min(1).max(2000),
	code_verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/, "is 43 to 128 unreserved characters"),
	resource: z.string().max(512).optional(),
});
export type CodeGrant = z.infer<typeof CodeGrant>;
export const RefreshGrant = z.strictObject({
	...Client,
	grant_type: z.literal("refresh_token"),
	refresh_token: z.string().min(1).max(200),
	/** Less than was given is not given out anew: a program that wants less asks again. */
	scope: z.string().max(2000).optional(),
	resource: z.string().max(512).optional(),
});
export type RefreshGrant = z.infer<typeof RefreshGrant>;
export const Revocation = z.strictObject({
	...Client,
	token: z.string().min(1).max(4096),
	token_type_hint: z.string().max(40).optional(),
});

/** RFC 7591; what else a program tells of itself is not kept. */
export const Registration = z.object({
	client_name: ProgramName.optional(),
	redirect_uris: z.array(z.string().min(1).max(2000)).min(1).max(10),
	token_endpoint_auth_method: z
		.enum(["none", "client_secret_basic", "client_secret_post"])
		.default("client_secret_basic"),
	grant_types: z.array(z.string().max(100)).max(10).default(["authorization_code"]),
	response_types: z.array(z.string().max(100)).max(10).default(["code"]),
	scope: z.string().max(2000).optional(),
});
export type Registration = z.infer<typeof Registration>;
