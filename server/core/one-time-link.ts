import { createHash, randomBytes } from "node:crypto";

/** What stands in a link is kept nowhere; of it, its hash is. 256 bits can't be guessed, so a fast hash is enough. */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("hex");

export function newToken(): { token: string; tokenHash: string } {
	const token = randomBytes(32).toString("base64url");
	return { token, tokenHash: hashToken(token) };
}
