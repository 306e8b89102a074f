import type { Database } from "@/db/connection";
import { addMembers, assignRole, createGroup, createRole, listGroups, listRoles, share } from "@/server/access/service";
import type { Permission } from "@/server/core/permissions";
import { demoContext } from "./context";
import type { PersonKey } from "./organisation";
import type { DemoActors } from "./seed-people";

const keeper: { name: string; description: string; permissions: Permission[] } = {
	name: "Document keeper",
	description: "Brings documents and shares them, beside what their first role lets them do.",
	permissions: ["knowledge:read", "knowledge:write", "shares:write"],
};

const teams: { name: string; description: string; members: PersonKey[]; role?: string }[] = [
	{
		name: "Terminal supervisors",
		description: "Who runs a shift at a terminal and keeps its notices up to date.",
		members: ["lea"],
		role: keeper.name,
	},
	{ name: "Engineering", description: "Technical management, ashore and on board.", members: ["jonas", "callum"] },
];

/** A custom role, two groups, and a collection shared with one of them; what is there already, by its name, is left alone. */
export async function seedAccess(db: Database, actors: DemoActors, collections: Map<string, string>): Promise<void> {
	const ctx = demoContext(db, actors.tobias);
	const known = (await listRoles(ctx, { limit: 200 })).rows.find(({ name }) => name === keeper.name);
	const { key } = known ?? (await createRole(ctx, keeper));
	const groups = new Map((await listGroups(ctx, { limit: 100 })).rows.map(({ name, id }) => [name, id]));
	for (const { name, description, members, role } of teams) {
		if (groups.has(name)) continue;
		const { id } = await createGroup(demoContext(db, actors.tobias), { name, description });
		groups.set(name, id);
		if (role) await assignRole(demoContext(db, actors.tobias), { holderId: id, role: key });
		const userIds = members.map((member) => actors[member].userId);
		await addMembers(demoContext(db, actors.tobias), { groupId: id, userIds });
	}
	const collection = collections.get("Staff handbook");
	const grantee = groups.get("Terminal supervisors");
	if (collection && grantee)
		await share(demoContext(db, actors.priya), {
			kind: "collection",
			resourceId: collection,
			grantee,
			level: "manage",
		});
}
