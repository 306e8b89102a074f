import { AuthorizationRequest } from "@/server/oauth/contract";

/** What the address asks for; null where it can't be read. What we don't know in it is left out, what is there twice is nothing. */
export function readRequest(params: Record<string, string | string[] | undefined>): AuthorizationRequest | null {
	const known = Object.keys(AuthorizationRequest.shape).filter((name) => params[name] !== undefined);
	const read = AuthorizationRequest.safeParse(Object.fromEntries(known.map((name) => [name, params[name]])));
	return read.success ? read.data : null;
}
