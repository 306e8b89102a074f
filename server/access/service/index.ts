export { assignRole, unassignRole } from "./assignments";
export { explainAccess, getStanding, previewAs } from "./explain";
export {
	addMembers,
	createGroup,
	getGroup,
	listGroups,
	listMembers,
	removeGroup,
	removeMembers,
	updateGroup,
} from "./groups";
export { compareRole } from "./role-change";
export { createRole, getRole, listRoles, removeRole, updateRole } from "./roles";
export { changeRights, type Granter, holdGroup, holdPerson, holdRole, keepAnOwner, refuseUnreachable } from "./rules";
export { findGrantees, findPeople, listGrants, share, unshare } from "./shares";
