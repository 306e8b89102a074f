import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done, Nothing } from "@/server/users/contract";
import {
	ChangeAssignment,
	ChangeMembers,
	CompareRole,
	CreateGroup,
	CreateRole,
	Group,
	GroupPage,
	ListGroups,
	ListMembers,
	MemberPage,
	OneGroup,
	OneRole,
	RemoveRole,
	Role,
	RoleChange,
	RoleList,
	RoleWithHolders,
	UpdateGroup,
	UpdateRole,
} from "./contract";
import {
	addMembers,
	assignRole,
	compareRole,
	createGroup,
	createRole,
	getGroup,
	getRole,
	listGroups,
	listMembers,
	listRoles,
	removeGroup,
	removeMembers,
	removeRole,
	unassignRole,
	updateGroup,
	updateRole,
} from "./service";

const done = async (work: Promise<void>) => {
	await work;
	return { done: true } as const;
};

export const accessRouter = router({
	listRoles: procedure("roles:read", { risk: "read" })
		.input(Nothing)
		.output(RoleList)
		.query(({ ctx }) => listRoles(ctx)),

	getRole: procedure("roles:read", { risk: "read" })
		.input(OneRole)
		.output(RoleWithHolders)
		.query(({ ctx, input }) => getRole(ctx, input)),

	compareRole: procedure("roles:read", { risk: "read" })
		.input(CompareRole)
		.output(RoleChange)
		.query(({ ctx, input }) => compareRole(ctx, input)),

	createRole: procedure("roles:write", { risk: "danger" })
		.input(CreateRole)
		.output(Role)
		.mutation(({ ctx, input }) => createRole(ctx, input)),

	updateRole: procedure("roles:write", { risk: "danger" })
		.input(UpdateRole)
		.output(Role)
		.mutation(({ ctx, input }) => updateRole(ctx, input)),

	removeRole: procedure("roles:write", { risk: "danger" })
		.input(RemoveRole)
		.output(Done)
		.mutation(({ ctx, input }) => done(removeRole(ctx, input))),

	assignRole: procedure("roles:write", { risk: "danger" })
		.input(ChangeAssignment)
		.output(Done)
		.mutation(({ ctx, input }) => done(assignRole(ctx, input))),

	unassignRole: procedure("roles:write", { risk: "danger" })
		.input(ChangeAssignment)
		.output(Done)
		.mutation(({ ctx, input }) => done(unassignRole(ctx, input))),

	listGroups: procedure("roles:read", { risk: "read" })
		.input(ListGroups)
		.output(GroupPage)
		.query(({ ctx, input }) => listGroups(ctx, input)),

	getGroup: procedure("roles:read", { risk: "read" })
		.input(OneGroup)
		.output(Group)
		.query(({ ctx, input }) => getGroup(ctx, input)),

	listMembers: procedure("roles:read", { risk: "read" })
		.input(ListMembers)
		.output(MemberPage)
		.query(({ ctx, input }) => listMembers(ctx, input)),

	createGroup: procedure("roles:write", { risk: "write" })
		.input(CreateGroup)
		.output(Group)
		.mutation(({ ctx, input }) => createGroup(ctx, input)),

	updateGroup: procedure("roles:write", { risk: "write" })
		.input(UpdateGroup)
		.output(Group)
		.mutation(({ ctx, input }) => updateGroup(ctx, input)),

	removeGroup: procedure("roles:write", { risk: "danger" })
		.input(OneGroup)
		.output(Done)
		.mutation(({ ctx, input }) => done(removeGroup(ctx, input))),

	addMembers: procedure("roles:write", { risk: "danger" })
		.input(ChangeMembers)
		.output(Group)
		.mutation(({ ctx, input }) => addMembers(ctx, input)),

	removeMembers: procedure("roles:write", { risk: "danger" })
		.input(ChangeMembers)
		.output(Group)
		.mutation(({ ctx, input }) => removeMembers(ctx, input)),
});
