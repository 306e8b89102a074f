import { env } from "./env";

/** The origin that browsers see: QD_URL's, or without one that of the host they asked. */
export const ownOrigin = (host: string | null | undefined): string =>
	env().QD_URL ? new URL(env().QD_URL ?? "").origin : `http://${host ?? "localhost"}`;
