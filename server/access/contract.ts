import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Permission, RoleKey } from "@/server/users/contract";

const RoleName = z.string().trim().min(1, "A name is needed.").max(60);
const Description = z.string().trim().max(300);
const Permissions = z
	.array(Permission)
	.min(1, "Choose at least one right.")
	.max(100)
	.overwrite((all) => [...new Set(all)]);

export const Role = z.object({
	key: RoleKey,
	name: z.string(),
	description: z.string(),
	permissions: z.array(Permission),
	isBuiltIn: z.boolean(),
	/** What a change is based on; 0 for built-in roles, which don't change. */
	version: z.int(),
	userCount: z.int(),
	groupCount: z.int(),
	/** Whether the caller holds all that it gives, so that they may give and change it. */
	mayGive: z.boolean(),
	updatedAt: z.date().nullable(),
});
export type Role = z.infer<typeof Role>;
export const ListRoles = listOf(Role, {
	filter: { name: asks.name(60), isBuiltIn: asks.flag(), mayGive: asks.flag() },
	sort: ["name"],
});
export type ListRoles = z.infer<typeof ListRoles>;
export const RolePage = pageOf(Role);
export const OneRole = z.strictObject({ role: RoleKey });
export type OneRole = z.infer<typeof OneRole>;

export const RoleHolder = z.object({
	kind: z.enum(["user", "group"]),
	id: z.uuid(),
	name: z.string(),
	/** `first`: a person's main role; `extra`: beside it, or a group's. */
	how: z.enum(["first", "extra"]),
});
/** A role with its first 200 holders. */
export const RoleWithHolders = z.object({ role: Role, holders: z.array(RoleHolder) });
export type RoleWithHolders = z.infer<typeof RoleWithHolders>;

export const CreateRole = z.strictObject({
	name: RoleName,
	description: Description.default(""),
	permissions: Permissions,
});
export type CreateRole = z.infer<typeof CreateRole>;
/** `version` is the one that was open in the editor: a newer one by somebody else is a conflict, not lost. */
export const UpdateRole = z.strictObject({
	role: z.uuid(),
	version: z.int().min(1),
	name: RoleName,
	description: Description,
	permissions: Permissions,
});
export type UpdateRole = z.infer<typeof UpdateRole>;
export const RemoveRole = z.strictObject({ role: z.uuid() });
export type RemoveRole = z.infer<typeof RemoveRole>;

export const CompareRole = z.strictObject({ role: z.uuid(), permissions: Permissions });
export type CompareRole = z.infer<typeof CompareRole>;
/** What saving a role would change: for whom it really does, as they may hold a right in another way. */
export const RoleChange = z.object({
	added: z.array(Permission),
	removed: z.array(Permission),
	/** Those of both that the caller doesn't hold, so that saving would be refused. */
	refused: z.array(Permission),
	holderCount: z.int(),
	gainCount: z.int(),
	loseCount: z.int(),
	/** The first 100 of those who gain or lose something. */
	people: z.array(
		z.object({
			id: z.uuid(),
			name: z.string(),
			isDisabled: z.boolean(),
			gains: z.array(Permission),
			loses: z.array(Permission),
		}),
	),
});
export type RoleChange = z.infer<typeof RoleChange>;

export const HeldRole = z.object({ key: RoleKey, name: z.string() });
export const Group = z.object({
	id: z.uuid(),
	name: z.string(),
	description: z.string(),
	memberCount: z.int(),
	roles: z.array(HeldRole),
	/** Collections, agents and prompts that are shared with it. */
	grantCount: z.int(),
	createdAt: z.date(),
});
export type Group = z.infer<typeof Group>;
export const ListGroups = listOf(Group, {
	filter: { name: asks.name(100), createdAt: asks.time() },
	sort: ["createdAt", "name"],
});
export type ListGroups = z.infer<typeof ListGroups>;
export const GroupPage = pageOf(Group);
export const OneGroup = z.strictObject({ groupId: z.uuid() });
export type OneGroup = z.infer<typeof OneGroup>;
export const CreateGroup = z.strictObject({ name: RoleName, description: Description.default("") });
export type CreateGroup = z.infer<typeof CreateGroup>;
export const UpdateGroup = z.strictObject({
	groupId: z.uuid(),
	name: RoleName.optional(),
	description: Description.optional(),
});
export type UpdateGroup = z.infer<typeof UpdateGroup>;
export const Member = z.object({
	id: z.uuid(),
	name: z.string(),
	email: z.string(),
	isDisabled: z.boolean(),
	since: z.date(),
});
export type Member = z.infer<typeof Member>;
export const ListMembers = listOf(Member, {
	filter: { name: asks.name(100), email: asks.email(), isDisabled: asks.flag(), since: asks.time() },
	sort: ["since", "name"],
}).extend({ groupId: z.uuid() });
export type ListMembers = z.infer<typeof ListMembers>;
export const MemberPage = pageOf(Member);
export const ChangeMembers = z.strictObject({ groupId: z.uuid(), userIds: z.array(z.uuid()).min(1).max(100) });
export type ChangeMembers = z.infer<typeof ChangeMembers>;

/** Who holds it is a person or a group. */
export const ChangeAssignment = z.strictObject({ role: RoleKey, holderId: z.uuid() });
export type ChangeAssignment = z.infer<typeof ChangeAssignment>;

export const ResourceKind = z.enum(["collection", "agent", "prompt", "mcpServer"]);
export type ResourceKind = z.infer<typeof ResourceKind>;
/** What can be shared: documents too, beside the collection that they are in, and one's chats. */
export const SharedKind = z.enum([...ResourceKind.options, "document", "dataset", "thread"]);
export type SharedKind = z.infer<typeof SharedKind>;
export const GrantLevel = z.enum(["read", "manage"]);
export type GrantLevel = z.infer<typeof GrantLevel>;
/** A person's id, a group's id, a role's key, or the word `everyone`. */
const Grantee = z.union([z.literal("everyone"), RoleKey]);
export const FoundGrantee = z.object({
	grantee: Grantee,
	kind: z.enum(["everyone", "user", "group", "role"]),
	name: z.string(),
	/** What tells it from others of the same name: an e-mail address, how many are in it. */
	detail: z.string(),
});
export type FoundGrantee = z.infer<typeof FoundGrantee>;
export const Grant = FoundGrantee.extend({ level: GrantLevel });
export type Grant = z.infer<typeof Grant>;
export const OneResource = z.strictObject({ kind: ResourceKind, resourceId: z.uuid() });
export type OneResource = z.infer<typeof OneResource>;
/** Whom a resource is shared with, beside its owner. Null for what came with the installation. */
export const Sharing = z.object({ name: z.string(), ownerName: z.string().nullable(), rows: z.array(Grant) });
export type Sharing = z.infer<typeof Sharing>;
export const SharedResource = z.strictObject({ kind: SharedKind, resourceId: z.uuid() });
export type SharedResource = z.infer<typeof SharedResource>;
export const Share = SharedResource.extend({ grantee: Grantee, level: GrantLevel });
export type Share = z.infer<typeof Share>;
export const Unshare = SharedResource.extend({ grantee: Grantee });
export type Unshare = z.infer<typeof Unshare>;
export const FindGrantees = z.strictObject({ text: z.string().trim().max(100).default("") });
export type FindGrantees = z.infer<typeof FindGrantees>;
export const GranteeList = z.object({ rows: z.array(FoundGrantee) });

/** By which way somebody holds a right: as everyone with an account does, by their first or another role, by a group's. */
export const Source = z.object({
	how: z.enum(["account", "first", "extra", "group"]),
	role: HeldRole.nullable(),
	group: z.object({ id: z.uuid(), name: z.string() }).nullable(),
});
export type Source = z.infer<typeof Source>;
export const OnePerson = z.strictObject({ userId: z.uuid() });
export type OnePerson = z.infer<typeof OnePerson>;
/** What somebody may do at this moment, and by which ways. Nothing, while the account is disabled. */
export const Standing = z.object({
	id: z.uuid(),
	name: z.string(),
	isDisabled: z.boolean(),
	groups: z.array(z.object({ id: z.uuid(), name: z.string() })),
	roles: z.array(Source),
	rights: z.array(z.object({ permission: Permission, through: z.array(Source) })),
});
export type Standing = z.infer<typeof Standing>;

/** What a right is about row by row: which kind, and whether reading the row is enough. */
export const rowRights = {
	"knowledge:read": { kind: "collection", level: "read" },
	"knowledge:write": { kind: "collection", level: "manage" },
	"agents:read": { kind: "agent", level: "read" },
	"agents:write": { kind: "agent", level: "manage" },
	"runs:write": { kind: "agent", level: "read" },
	"prompts:read": { kind: "prompt", level: "read" },
	"prompts:write": { kind: "prompt", level: "manage" },
	"mcp-tools:use": { kind: "mcpServer", level: "read" },
	"mcp-servers:manage": { kind: "mcpServer", level: "manage" },
} as const satisfies Partial<Record<z.infer<typeof Permission>, { kind: ResourceKind; level: GrantLevel }>>;
export const rowRight = (permission: z.infer<typeof Permission>): { kind: ResourceKind; level: GrantLevel } | null =>
	Object.entries(rowRights).find(([name]) => name === permission)?.[1] ?? null;

export const Explain = z
	.strictObject({
		who: z.strictObject({
			/** Left out: oneself. */
			userId: z.uuid().optional(),
			/** Through a key with these scopes. */
			scopes: z.array(Permission).max(100).optional(),
			/** Through this key of theirs, with the scopes that it has. */
			keyId: z.uuid().optional(),
			/** Through this agent, in a run of theirs. */
			agentId: z.uuid().optional(),
		}),
		what: Permission,
		/** On this one; left out: at all. */
		on: OneResource.optional(),
	})
	.refine(({ who }) => !(who.keyId && who.scopes), { path: ["who"], error: "Name a key or its scopes, not both." })
	.refine(({ what, on }) => !on || rowRight(what)?.kind === on.kind, {
		path: ["on"],
		error: "This right is not about things of that kind.",
	});
export type Explain = z.infer<typeof Explain>;
export const Check = z.object({
	about: z.enum(["account", "factor", "proof", "right", "key", "scope", "agent", "row"]),
	holds: z.boolean(),
	says: z.string(),
	/** What it holds by. */
	through: z.array(z.string()),
});
export type Check = z.infer<typeof Check>;
/** All checks that the call would pass or fail; it is allowed where all hold. */
export const Explanation = z.object({
	allowed: z.boolean(),
	who: z.object({ id: z.uuid(), name: z.string() }),
	checks: z.array(Check),
	/** What would have to be given, where something is missing. */
	missing: z.array(z.string()),
});
export type Explanation = z.infer<typeof Explanation>;

const SeenResources = z.object({
	count: z.int(),
	/** The first 100; the name is null where the caller may not read it themselves. */
	rows: z.array(z.object({ id: z.uuid(), name: z.string().nullable(), level: GrantLevel })),
});
/** What somebody sees: their rights, and what they find of each kind. */
export const Preview = z.object({
	standing: Standing,
	collection: SeenResources,
	agent: SeenResources,
	prompt: SeenResources,
	mcpServer: SeenResources,
});
export type Preview = z.infer<typeof Preview>;
