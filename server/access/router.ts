import type { AnyTRPCRouter } from "@trpc/server";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { stepUpsOf } from "@/server/trpc/step-ups";
import { Done } from "@/server/users/contract";
import {
	ChangeAssignment,
	ChangeMembers,
	CompareRole,
	CreateGroup,
	CreateRole,
	Explain,
	Explanation,
	FindGrantees,
	GranteeList,
	Group,
	GroupPage,
	ListGroups,
	ListMembers,
	ListRoles,
	MemberPage,
	OneGroup,
	OnePerson,
	OneRole,
	Preview,
	RemoveRole,
	Role,
	RoleChange,
	RolePage,
	RoleWithHolders,
	Share,
	SharedResource,
	Sharing,
	Standing,
	Unshare,
	UpdateGroup,
	UpdateRole,
} from "./contract";
import {
	addMembers,
	assignRole,
	compareRole,
	createGroup,
	createRole,
	explainAccess,
	findGrantees,
	findPeople,
	getGroup,
	getRole,
	getStanding,
	listGrants,
	listGroups,
	listMembers,
	listRoles,
	previewAs,
	removeGroup,
	removeMembers,
	removeRole,
	share,
	unassignRole,
	unshare,
	updateGroup,
	updateRole,
} from "./service";

const done = async (work: Promise<void>) => {
	await work;
	return { done: true } as const;
};

/** `root` is asked for when called: this router is itself a part of it. */
export const accessRouter = (root: () => AnyTRPCRouter) =>
	router({
		listRoles: procedure("roles:read", {
			risk: "read",
			rest: "GET /roles",
			summary: "List the roles, built-in and custom, with how many hold each.",
		})
			.input(ListRoles)
			.output(RolePage)
			.query(({ ctx, input }) => listRoles(ctx, input)),

		getRole: procedure("roles:read", {
			risk: "read",
			revision: "role.version",
			rest: "GET /roles/{role}",
			summary: "Get a role with who holds it.",
		})
			.input(OneRole)
			.output(RoleWithHolders)
			.query(({ ctx, input }) => getRole(ctx, input)),

		compareRole: procedure("roles:read", {
			risk: "read",
			rest: "GET /roles/{role}/change",
			summary: "Tell who would gain or lose what if the role had these rights; nothing is saved.",
		})
			.input(CompareRole)
			.output(RoleChange)
			.query(({ ctx, input }) => compareRole(ctx, input)),

		createRole: procedure("roles:write", {
			risk: "danger",
			rest: "POST /roles",
			summary: "Make a role of rights that the caller holds.",
			created: "/roles/{key}",
		})
			.input(CreateRole)
			.output(Role)
			.mutation(({ ctx, input }) => createRole(ctx, input)),

		updateRole: procedure("roles:write", {
			revision: "version",
			risk: "danger",
			rest: "PATCH /roles/{role}",
			summary: "Change a role, based on the version that was read.",
		})
			.input(UpdateRole)
			.output(Role)
			.mutation(({ ctx, input }) => updateRole(ctx, input)),

		removeRole: procedure("roles:write", {
			risk: "danger",
			rest: "DELETE /roles/{role}",
			summary: "Remove a role that nobody holds.",
		})
			.input(RemoveRole)
			.output(Done)
			.mutation(({ ctx, input }) => done(removeRole(ctx, input))),

		assignRole: procedure("roles:write", {
			risk: "danger",
			rest: "PUT /roles/{role}/holders/{holderId}",
			summary: "Give a role to a person or a group.",
		})
			.input(ChangeAssignment)
			.output(Done)
			.mutation(({ ctx, input }) => done(assignRole(ctx, input))),

		unassignRole: procedure("roles:write", {
			risk: "danger",
			rest: "DELETE /roles/{role}/holders/{holderId}",
			summary: "Take a role from a person or a group.",
		})
			.input(ChangeAssignment)
			.output(Done)
			.mutation(({ ctx, input }) => done(unassignRole(ctx, input))),

		listGroups: procedure("roles:read", {
			risk: "read",
			rest: "GET /groups",
			summary: "List the groups.",
			tool: "List the groups of people, with how many are in each.",
		})
			.input(ListGroups)
			.output(GroupPage)
			.query(({ ctx, input }) => listGroups(ctx, input)),

		getGroup: procedure("roles:read", {
			risk: "read",
			rest: "GET /groups/{groupId}",
			summary: "Get a group with its roles.",
		})
			.input(OneGroup)
			.output(Group)
			.query(({ ctx, input }) => getGroup(ctx, input)),

		listMembers: procedure("roles:read", {
			risk: "read",
			rest: "GET /groups/{groupId}/members",
			summary: "List who is in a group.",
			tool: "List who is in a group. Name the group by its id.",
		})
			.input(ListMembers)
			.output(MemberPage)
			.query(({ ctx, input }) => listMembers(ctx, input)),

		createGroup: procedure("roles:write", {
			risk: "write",
			rest: "POST /groups",
			summary: "Make a group without members.",
			created: "/groups/{id}",
		})
			.input(CreateGroup)
			.output(Group)
			.mutation(({ ctx, input }) => createGroup(ctx, input)),

		updateGroup: procedure("roles:write", {
			risk: "write",
			rest: "PATCH /groups/{groupId}",
			summary: "Rename or describe a group.",
		})
			.input(UpdateGroup)
			.output(Group)
			.mutation(({ ctx, input }) => updateGroup(ctx, input)),

		removeGroup: procedure("roles:write", {
			risk: "danger",
			rest: "DELETE /groups/{groupId}",
			summary: "Remove a group with all that its members had through it.",
		})
			.input(OneGroup)
			.output(Done)
			.mutation(({ ctx, input }) => done(removeGroup(ctx, input))),

		addMembers: procedure("roles:write", {
			risk: "danger",
			rest: "POST /groups/{groupId}/members",
			summary: "Put people into a group.",
		})
			.input(ChangeMembers)
			.output(Group)
			.mutation(({ ctx, input }) => addMembers(ctx, input)),

		removeMembers: procedure("roles:write", {
			risk: "danger",
			rest: "DELETE /groups/{groupId}/members",
			summary: "Take people out of a group.",
		})
			.input(ChangeMembers)
			.output(Group)
			.mutation(({ ctx, input }) => removeMembers(ctx, input)),

		listGrants: procedure("shares:write", {
			rest: "GET /shares/{kind}/{resourceId}",
			summary: "List whom a collection, a document, an agent or a prompt is shared with.",
			risk: "read",
			tool: "List whom a collection, a document, an agent or a prompt is shared with: people, groups, roles or everyone, beside its owner. Name it by its kind and id.",
		})
			.input(SharedResource)
			.output(Sharing)
			.query(({ ctx, input }) => listGrants(ctx, input)),

		share: procedure("shares:write", {
			rest: "PUT /shares/{kind}/{resourceId}/grantees/{grantee}",
			summary: "Share a collection, a document, an agent or a prompt that the caller manages.",
			risk: "write",
		})
			.input(Share)
			.output(Sharing)
			.mutation(({ ctx, input }) => share(ctx, input)),

		unshare: procedure("shares:write", {
			rest: "DELETE /shares/{kind}/{resourceId}/grantees/{grantee}",
			summary: "Take back what was shared; it holds with the next call.",
			risk: "write",
		})
			.input(Unshare)
			.output(Done)
			.mutation(({ ctx, input }) => done(unshare(ctx, input))),

		findGrantees: procedure("shares:write", {
			rest: "GET /grantees",
			summary: "Find people, groups and roles to share with, by name.",
			risk: "read",
		})
			.input(FindGrantees)
			.output(GranteeList)
			.query(({ ctx, input }) => findGrantees(ctx, input)),

		getStanding: procedure("account:read", {
			rest: "GET /users/{userId}/standing",
			summary: "Tell what somebody may do and by which roles and groups; others than oneself need roles:read.",
			risk: "read",
		})
			.input(OnePerson)
			.output(Standing)
			.query(({ ctx, input }) => getStanding(ctx, input)),

		explain: procedure("account:read", {
			rest: "GET /explanation",
			summary: "Tell why somebody may do a thing, or what they lack; others than oneself need access:explain.",
			risk: "read",
			tool: "Tell whether a person may do a thing, by which role, group or share, or what is missing for it.",
		})
			.input(Explain)
			.output(Explanation)
			.query(({ ctx, input }) => explainAccess(ctx, input, stepUpsOf(root(), input.what))),

		preview: procedure("account:read", {
			rest: "GET /users/{userId}/preview",
			summary: "Show what somebody sees; others than oneself need access:explain, and it is audited.",
			risk: "read",
		})
			.input(OnePerson)
			.output(Preview)
			.query(({ ctx, input }) => previewAs(ctx, input)),

		findPeople: procedure("users:read", {
			rest: "GET /people",
			summary: "Find people by a part of their name or e-mail address.",
			tool: "Find people by a part of their name or e-mail address, with their ids.",
			risk: "read",
		})
			.input(FindGrantees)
			.output(GranteeList)
			.query(({ ctx, input }) => findPeople(ctx, input)),
	});
