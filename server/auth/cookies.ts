import { env } from "@/server/core/env";

const isSecure = env().QD_URL?.startsWith("https:") ?? false;

/** `__Host-` binds the cookie to this host; browsers accept it over TLS only. */
export const sessionCookie = {
	name: isSecure ? "__Host-qd_session" : "qd_session",
	options: { httpOnly: true, sameSite: "lax", path: "/", secure: isSecure },
} as const;
