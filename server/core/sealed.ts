import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type SecretPurpose, secret } from "./secrets";

const ivBytes = 12;
const tagBytes = 16;

/** Text that only this installation reads, bound to the row and column it stands in: moved elsewhere it does not open. */
export function seal(purpose: SecretPurpose, place: string, text: string): string {
	const iv = randomBytes(ivBytes);
	const cipher = createCipheriv("aes-256-gcm", secret(purpose), iv).setAAD(Buffer.from(place));
	const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Null where it was changed, moved, or sealed under another secret. */
export function unseal(purpose: SecretPurpose, place: string, sealed: string): string | null {
	const bytes = Buffer.from(sealed, "base64url");
	if (bytes.length < ivBytes + tagBytes) return null;
	const decipher = createDecipheriv("aes-256-gcm", secret(purpose), bytes.subarray(0, ivBytes))
		.setAAD(Buffer.from(place))
		.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
	try {
		return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString("utf8");
	} catch {
		return null;
	}
}
