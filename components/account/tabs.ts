import type { Permission } from "@/server/core/permissions";

export type Tab = { href: string; label: string; permission: Permission };

/** What belongs to one's own account, one page each. */
export const tabs: Tab[] = [
	{ href: "/account", label: "Profile", permission: "account:read" },
	{ href: "/account/password", label: "Password", permission: "account:read" },
	{ href: "/account/security", label: "Security", permission: "account:read" },
	{ href: "/account/sessions", label: "Sessions", permission: "account:read" },
	{ href: "/account/keys", label: "API keys", permission: "keys:write" },
];
