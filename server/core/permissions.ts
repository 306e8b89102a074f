/** Who may do what: the one table that the server decides by and the console hides by. */
export const roles = ["owner", "admin", "builder", "operator", "staff", "viewer", "auditor"] as const;
export type Role = (typeof roles)[number];

export const roleDescriptions = {
	owner: "Everything, including other owners.",
	admin: "People, knowledge, agents, jobs and the audit.",
	builder: "Makes agents and prompts, and all that staff do.",
	operator: "Watches jobs, runs and the system's health.",
	staff: "Asks agents and adds documents.",
	viewer: "Reads what is shared; changes nothing.",
	auditor: "Reads the audit and who holds which role.",
} as const satisfies Record<Role, string>;

const everyone = roles;
const workers = ["owner", "admin", "builder", "operator", "staff"] as const;
const builders = ["owner", "admin", "builder"] as const;
const administrators = ["owner", "admin"] as const;

const grants = {
	"account:read": everyone,
	"knowledge:read": [...workers, "viewer"],
	"knowledge:write": workers,
	"agents:read": [...workers, "viewer"],
	"agents:write": builders,
	"prompts:read": builders,
	"prompts:write": builders,
	"threads:read": [...workers, "viewer"],
	"threads:write": workers,
	"runs:read": [...workers, "viewer"],
	"runs:write": workers,
	"procedures:read": builders,
	"jobs:read": [...administrators, "operator"],
	"jobs:write": [...administrators, "operator"],
	"audit:read": [...administrators, "auditor"],
	"users:read": [...administrators, "auditor"],
	"users:write": administrators,
	"system:read": [...administrators, "operator"],
} as const satisfies Record<`${string}:${string}`, readonly Role[]>;

export type Permission = keyof typeof grants;
export const permissions = Object.keys(grants) as Permission[];

export const roleMay = (role: Role, permission: Permission): boolean =>
	(grants[permission] as readonly Role[]).includes(role);
