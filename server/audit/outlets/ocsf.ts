import type { SealedEntry } from "../service/read-sealed";

/** The schema's version, and the classes of it that we use: docs/audit.md lists which action goes where. */
const version = "1.4.0";
const classes = {
	accountChange: { uid: 3001, name: "Account Change", category: 3, categoryName: "Identity & Access Management" },
	authentication: { uid: 3002, name: "Authentication", category: 3, categoryName: "Identity & Access Management" },
	userAccess: { uid: 3005, name: "User Access Management", category: 3, categoryName: "Identity & Access Management" },
	group: { uid: 3006, name: "Group Management", category: 3, categoryName: "Identity & Access Management" },
	api: { uid: 6003, name: "API Activity", category: 6, categoryName: "Application Activity" },
} as const;
type ClassKey = keyof typeof classes;
type Activity = { of: ClassKey; id: number; name: string };

const accountActivities: Record<string, [number, string]> = {
	create: [1, "Create"],
	invite: [1, "Create"],
	enable: [2, "Enable"],
	"change-password": [3, "Password Change"],
	"reset-password": [4, "Password Reset"],
	disable: [5, "Disable"],
	delete: [6, "Delete"],
	erase: [6, "Delete"],
	lock: [9, "Lock"],
	unlock: [12, "Unlock"],
};
const groupActivities: Record<string, [number, string]> = {
	create: [6, "Create"],
	delete: [5, "Delete"],
	"add-member": [3, "Add User"],
	"remove-member": [4, "Remove User"],
};
/** The first word of an action's verb, as its general kind. */
const apiActivities: [RegExp, number, string][] = [
	[/^(create|add|start|upload|open|issue|register|request|import|save|run)/, 1, "Create"],
	[/^(read|list|get|search|export|download|view|look|explain|verify)/, 2, "Read"],
	[/^(update|set|rename|change|rotate|retry|stop|cancel|finish|index|enable|disable|hold|release|resume)/, 3, "Update"],
	[/^(delete|remove|archive|revoke|erase|prune|drop|purge)/, 4, "Delete"],
];

/** Which OCSF activity an action is: `resource.verb`, or a procedure's path for what the gate refused. */
export function activityOf(action: string): Activity {
	const [resource = "", verb = ""] = action.split(".");
	if (resource === "session" || resource === "auth") {
		if (/^(open|sign-?in|logon)/i.test(verb)) return { of: "authentication", id: 1, name: "Logon" };
		if (/^(close|sign-?out|end|revoke)/i.test(verb)) return { of: "authentication", id: 2, name: "Logoff" };
	}
	if (resource === "user" && /^(set-roles?|assign-role|grant)/.test(verb))
		return { of: "userAccess", id: 1, name: "Assign Privileges" };
	if (resource === "user" && /^(remove-role|revoke-role)/.test(verb))
		return { of: "userAccess", id: 2, name: "Revoke Privileges" };
	const account = resource === "user" ? accountActivities[verb] : undefined;
	if (account) return { of: "accountChange", id: account[0], name: account[1] };
	const group = resource === "group" ? groupActivities[verb] : undefined;
	if (group) return { of: "group", id: group[0], name: group[1] };
	const kind = apiActivities.find(([pattern]) => pattern.test(verb));
	return kind ? { of: "api", id: kind[1], name: kind[2] } : { of: "api", id: 99, name: verb || action };
}

const severities = {
	done: { severity_id: 1, severity: "Informational" },
	denied: { severity_id: 2, severity: "Low" },
	failed: { severity_id: 3, severity: "Medium" },
} as const satisfies Record<SealedEntry["outcome"], object>;

/** Leaves out what is not known, as OCSF wants it. */
const known = <T extends Record<string, unknown>>(fields: T): Partial<T> =>
	// What is left of T's own fields.
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as Partial<T>;

/** An entry in the names of the Open Cybersecurity Schema Framework; what that has no name for stands under `unmapped`. */
export function toOcsf(entry: SealedEntry, chainId: string): Record<string, unknown> {
	const activity = activityOf(entry.action);
	const { uid, name, category, categoryName } = classes[activity.of];
	const user = known({ uid: entry.userId, name: entry.actorLabel, type_id: entry.userId ? 1 : 0 });
	const agent = entry.chain.at(-1);
	return {
		class_uid: uid,
		class_name: name,
		category_uid: category,
		category_name: categoryName,
		activity_id: activity.id,
		activity_name: activity.name,
		type_uid: uid * 100 + activity.id,
		...severities[entry.outcome],
		time: entry.at.getTime(),
		status_id: entry.outcome === "done" ? 1 : 2,
		status: entry.outcome === "done" ? "Success" : "Failure",
		...known({ status_detail: entry.reason }),
		metadata: known({
			version,
			product: { name: "Quarterdeck", vendor_name: "Quarterdeck" },
			log_name: "audit",
			uid: `${chainId}/${entry.seq}`,
			sequence: entry.seq,
			correlation_uid: entry.requestId,
			logged_time: entry.sealedAt.getTime(),
		}),
		actor: known({
			user,
			app_uid: agent && agent.kind !== "user" ? agent.id : null,
			app_name: agent && agent.kind !== "user" ? agent.kind : null,
		}),
		// Account Change, Authentication and their like name whom it was about.
		...(category === 3 ? { user: known({ uid: entry.resourceId ?? entry.userId }) } : {}),
		...(activity.of === "group" ? { group: known({ uid: entry.resourceId }) } : {}),
		api: { operation: entry.action, service: { name: entry.via }, request: { uid: entry.requestId } },
		src_endpoint: known({ ip: entry.address, type: "Unknown", type_id: 0 }),
		...(entry.userAgent ? { http_request: { user_agent: entry.userAgent } } : {}),
		resources: [known({ type: entry.resourceKind, uid: entry.resourceId })],
		unmapped: known({
			entry: entry.id,
			via: entry.via,
			outcome: entry.outcome,
			run_uid: entry.runId,
			chain: entry.chain,
			detail: entry.detail,
			before: entry.before,
			after: entry.after,
			hash: entry.hash,
		}),
	};
}
