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
	"sources:manage": builders,
	"agents:read": [...workers, "viewer"],
	"agents:write": builders,
	"answers:clear": builders,
	"prompts:read": builders,
	"prompts:write": builders,
	"evaluations:read": builders,
	"evaluations:write": builders,
	"evaluations:annotate": workers,
	"models:read": builders,
	"models:manage": administrators,
	"budgets:read": overseers,
	"budgets:manage": administrators,
	"insights:read": [...overseers, "operator"],
	"threads:read": [...workers, "viewer"],
	"threads:write": workers,
	"runs:read": [...workers, "viewer"],
	"runs:write": workers,
	"triggers:read": [...workers, "viewer"],
	"triggers:write": workers,
	"runs:fork": workers,
	"traces:read": [...workers, "viewer"],
	"traces:oversee": administrators,
	"traces:manage": administrators,
	"feedback:write": [...workers, "viewer"],
	"feedback:read": builders,
	"approvals:read": [...workers, "viewer"],
	"approvals:decide": administrators,
	"approvals:manage": administrators,
	"safety:read": builders,
	"safety:manage": administrators,
	"safety:reveal": administrators,
	"procedures:read": builders,
	"keys:write": workers,
	"keys:manage": administrators,
	"programs:manage": administrators,
	"mcp-servers:manage": administrators,
	"mcp-tools:use": workers,
	"jobs:read": [...administrators, "operator"],
	"jobs:write": [...administrators, "operator"],
	"audit:read": overseers,
	"audit:export": overseers,
	"audit:manage": administrators,
	"shares:write": workers,
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
	"stops:manage": [...administrators, "operator"],
	"system:read": [...administrators, "operator"],
	"owners:write": ["owner"],
} as const satisfies Record<`${string}:${string}`, readonly Role[]>;

export type Permission = keyof typeof grants;
// Object.keys forgets the names that the table has.
export const permissions = Object.keys(grants) as Permission[];

/** What each right lets one do, for whoever puts a role together. */
export const permissionDescriptions = {
	"account:read": "See one's own account.",
	"account:write": "Change one's own account: password, factors, sessions.",
	"knowledge:read": "Read and search the collections that are one's own or shared with one.",
	"knowledge:write": "Make collections, add documents, change the collections that one manages.",
	"sources:manage": "Let the collections that one manages follow folders, Git repositories, buckets and sitemaps.",
	"agents:read": "See the agents that are shared with one.",
	"agents:write": "Make agents, change those that one manages.",
	"answers:clear": "Forget the answers that the agents which one manages would give again.",
	"prompts:read": "Read the prompts that are shared with one.",
	"prompts:write": "Write prompts and new versions of those that one manages.",
	"evaluations:read": "Read the datasets that are one's own or shared with one, and their experiments.",
	"evaluations:write": "Make datasets, change those that one manages, and run experiments on them.",
	"evaluations:annotate": "Say what one thinks of the answers of experiments that are shared with one.",
	"models:read": "See the connections to models, their prices, routes and health.",
	"models:manage": "Connect providers of models, set prices and routes.",
	"budgets:read": "See what everybody takes of the models, and every budget.",
	"budgets:manage": "Set budgets, and raise them where somebody asks for more.",
	"insights:read":
		"See everybody's tokens, cost, latency, failures and verdicts over time, by model, agent, person and group.",
	"threads:read": "Read one's own chats, and those that are shared with one.",
	"threads:write": "Rename and remove one's own chats.",
	"runs:read": "Read one's own runs and follow them.",
	"runs:write": "Ask agents, and stop one's own runs.",
	"triggers:read": "See one's own schedules and webhooks, and those of the agents that one manages.",
	"triggers:write": "Let agents be asked by schedules and webhooks, in one's own name.",
	"runs:fork": "Open the checkpoints of one's own runs, edit their state and go on from them.",
	"traces:read": "See what was done for one's own runs, step by step.",
	"traces:oversee": "See what was done for anybody's runs, step by step.",
	"traces:manage": "Set how many traces are kept, for how long, and whether with what was said.",
	"feedback:write": "Say of answers whether they were right.",
	"feedback:read": "Read what people said of the answers of the agents that one manages.",
	"approvals:read": "See what one's own agents and programs wait for, and withdraw it.",
	"approvals:decide": "See what waits for approval, and decide of what others asked for.",
	"approvals:manage": "Set which calls wait for approval, and who may give it.",
	"safety:read": "See the safety policies and what they found.",
	"safety:manage": "Set the safety policies.",
	"safety:reveal": "See what a policy has hidden in an answer; each time is written into the audit.",
	"procedures:read": "See every procedure with its schema.",
	"keys:write": "Make access keys for oneself.",
	"keys:manage": "See and revoke anybody's access keys.",
	"programs:manage": "Register programs that may ask people for access, and revoke them.",
	"mcp-servers:manage": "Connect MCP servers of others, and turn their tools on.",
	"mcp-tools:use": "Use the tools of connected MCP servers.",
	"jobs:read": "See the jobs.",
	"jobs:write": "Retry and cancel jobs.",
	"audit:read": "Read the audit.",
	"audit:export": "Export the audit.",
	"audit:manage": "Set the audit's retention, holds and streaming.",
	"shares:write": "Share what one manages with people, groups and roles.",
	"shares:manage": "Change what others have shared with everyone.",
	"users:read": "See everybody's account.",
	"users:write": "Make accounts, set their role, disable them.",
	"users:erase": "Erase a person's data for good.",
	"sessions:manage": "See and end anybody's sessions.",
	"roles:read": "See roles, groups and who is in them.",
	"roles:write": "Make roles and groups, and put people into them.",
	"access:explain": "Ask why anybody may do a thing, and see what they see.",
	"mail:read": "See the mail that was sent.",
	"mail:send": "Send a mail that was kept or did not arrive.",
	"stops:manage": "Stop agents, tools, models, or everything; and lift it.",
	"system:read": "See the system's health.",
	"owners:write": "Make and change owners.",
} as const satisfies Record<Permission, string>;

/** What everyone with an account may do with it, whatever their roles. */
export const ownPermissions = ["account:read", "account:write"] as const satisfies readonly Permission[];

/** Who may open what one makes: its maker alone, or everyone with an account. The Share dialog says it finer. */
export const accesses = ["private", "everyone"] as const;
export type Access = (typeof accesses)[number];

export const isPermission = (text: string): text is Permission => Object.hasOwn(grants, text);
export const isBuiltInRole = (key: string): key is Role => (roles as readonly string[]).includes(key);

export const roleMay = (role: Role, permission: Permission): boolean =>
	(grants[permission] as readonly Role[]).includes(role);

/** Asked for with each request of a person: gone through once. */
const ofRoles = new Map(roles.map((role) => [role, permissions.filter((permission) => roleMay(role, permission))]));
export const permissionsOfRole = (role: Role): Permission[] => [...(ofRoles.get(role) ?? [])];
