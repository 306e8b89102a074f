import { env } from "@/server/core/env";

const isSecure = env().QD_URL?.startsWith("https:") ?? false;
/** `__Host-` binds the cookie to this host; browsers accept it over TLS only. */
const named = (name: string) => (isSecure ? `__Host-${name}` : name);

export const sessionCookie = {
	name: named("qd_session"),
	options: { httpOnly: true, sameSite: "lax", path: "/", secure: isSecure },
} as const;

/** Of a sign-in that is half-way: no session. */
const stepName = named("qd_step");

/** Of several cookies with this name the first counts, as everywhere. */
function readCookie(header: string | null, wanted: string): string | undefined {
	for (const part of header?.split(";") ?? []) {
		const [name, ...value] = part.trim().split("=");
		if (name === wanted) return value.join("=");
	}
	return undefined;
}

export const readSessionCookie = (header: string | null): string | undefined => readCookie(header, sessionCookie.name);
export const readStepCookie = (header: string | null): string | undefined => readCookie(header, stepName);

/** A `set-cookie` header; without a value it takes the cookie away. */
export const stepCookie = (value: string | null): string =>
	[
		`${stepName}=${value ?? ""}`,
		"Path=/",
		"HttpOnly",
		"SameSite=Strict",
		`Max-Age=${value ? 300 : 0}`,
		...(isSecure ? ["Secure"] : []),
	].join("; ");
