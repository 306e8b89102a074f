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

/** The invitation with which somebody went to the provider. Lax: they come back from another site. */
const invitationName = named("qd_invitation");

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

export const readInvitationCookie = (header: string | null): string | undefined => readCookie(header, invitationName);

/** A `set-cookie` header; without a value it takes the cookie away. */
const setCookie = (name: string, value: string | null, sameSite: "Lax" | "Strict", seconds: number): string =>
	[
		`${name}=${value ?? ""}`,
		"Path=/",
		"HttpOnly",
		`SameSite=${sameSite}`,
		`Max-Age=${value ? seconds : 0}`,
		...(isSecure ? ["Secure"] : []),
	].join("; ");

export const stepCookie = (value: string | null): string => setCookie(stepName, value, "Strict", 300);
export const invitationCookie = (value: string | null): string => setCookie(invitationName, value, "Lax", 900);
