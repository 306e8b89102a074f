import type { Permission } from "@/server/core/permissions";

/** What a program may ask a person for: the rights that tools, resources and prompts need. A test holds the list to the tools. */
export const programScopes = [
	"account:read",
	"knowledge:read",
	"agents:read",
	"prompts:read",
	"prompts:write",
	"users:read",
	"audit:read",
	"jobs:read",
	"system:read",
] as const satisfies readonly Permission[];
export type ProgramScope = (typeof programScopes)[number];

/** Those that change something, or show what concerns other people: they are given after a fresh proof of who it is. */
export const dangerousScopes: ReadonlySet<ProgramScope> = new Set(["prompts:write", "users:read", "audit:read"]);

/** What a program asks for that names nothing: enough to read and search. */
export const usualScopes: readonly ProgramScope[] = programScopes.filter((scope) => !dangerousScopes.has(scope));

const isProgramScope = (text: string): text is ProgramScope => (programScopes as readonly string[]).includes(text);

/** What there is of what was asked for; what nobody knows is left out (RFC 6749, 3.3). */
export const readScopes = (text: string | undefined): ProgramScope[] =>
	text === undefined || text.trim() === "" ? [...usualScopes] : [...new Set(text.split(" "))].filter(isProgramScope);
