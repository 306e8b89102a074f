import type { ListGroups, Role } from "@/server/access/contract";
import { roles } from "@/server/core/permissions";

/** The groups whose name has this in it, by name. */
export function groupsNamed(text: string | null): Pick<ListGroups, "filter" | "sort"> {
	const contains = text?.trim().slice(0, 100);
	return { sort: "name", ...(contains ? { filter: { name: { contains } } } : {}) };
}

/** All roles: there are never more than a page of them. */
export const allRoles = { limit: 200, sort: "name" } as const;

const rank = ({ key }: Pick<Role, "key">): number => {
	const at = (roles as readonly string[]).indexOf(key);
	return at === -1 ? roles.length : at;
};

/** The built-in ones first, by what they may do. */
export const inRank = <One extends Pick<Role, "key">>(some: readonly One[]): One[] =>
	some.toSorted((one, other) => rank(one) - rank(other));
