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
const overseers = [...administrators, "auditor"] as const;

/** `resource:action`, and the built-in roles that hold it. Custom roles hold any of them. */
const grants = {
	"account:read": everyone,
	"account:write": everyone,
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
	"keys:write": workers,
	"keys:manage": administrators,
	"jobs:read": [...administrators, "operator"],
	"jobs:write": [...administrators, "operator"],
	"audit:read": overseers,
	"audit:export": overseers,
	"audit:manage": administrators,
	/** To change what others have shared with everyone. */
	"shares:manage": administrators,
	"users:read": overseers,
	"users:write": administrators,
	"users:erase": administrators,
	"sessions:manage": administrators,
	"roles:read": overseers,
	"roles:write": administrators,
	"access:explain": overseers,
	"mail:read": administrators,
	"mail:send": administrators,
	"system:read": [...administrators, "operator"],
	"owners:write": ["owner"],
} as const satisfies Record<`${string}:${string}`, readonly Role[]>;

export type Permission = keyof typeof grants;
// Object.keys forgets the names that the table has.
export const permissions = Object.keys(grants) as Permission[];

/** What everyone with an account may do with it, whatever their roles. */
export const ownPermissions = ["account:read", "account:write"] as const satisfies readonly Permission[];

export const isPermission = (text: string): text is Permission => Object.hasOwn(grants, text);
export const isBuiltInRole = (key: string): key is Role => (roles as readonly string[]).includes(key);

export const roleMay = (role: Role, permission: Permission): boolean =>
	(grants[permission] as readonly Role[]).includes(role);

export const permissionsOfRole = (role: Role): Permission[] =>
	permissions.filter((permission) => roleMay(role, permission));
