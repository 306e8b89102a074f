import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { secret } from "./secrets";

/**
 * Where a sealed value stands. What was sealed for one place can't be opened in another: whoever can write the table can't
 * move a secret to a row of their own. `version` goes up where an older value must not come back.
 */
export type SealedPlace = { table: string; row: string; column: string; version: number };

/** Seals the keys of values; it lies outside the database. Its id tells after a change which one a value needs. */
export type VaultKey = { kid: string; key: Buffer };

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/** A value that can't be opened: made for another place, changed, or sealed by a key that is not here any more. */
export class VaultProblem extends Error {
	override readonly name = "VaultProblem";
	constructor() {
		super("A sealed value can't be opened");
	}
}

export const vaultKey = (key: Buffer): VaultKey => ({
	kid: createHash("sha256").update("kid").update(key).digest("hex").slice(0, 12),
	key,
});
const ownKeys = (): readonly VaultKey[] => [vaultKey(secret("vault"))];

const aad = ({ table, row, column, version }: SealedPlace, kid: string): Buffer =>
	Buffer.from(JSON.stringify(["v1", kid, table, row, column, version]));

function encrypt(key: Buffer, plain: Buffer, about: Buffer): Buffer {
	const iv = randomBytes(ivBytes);
	const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(about);
	return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, about: Buffer): Buffer {
	if (sealed.length < ivBytes + tagBytes) throw new VaultProblem();
	const cipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes });
	cipher.setAAD(about).setAuthTag(sealed.subarray(-tagBytes));
	try {
		return Buffer.concat([cipher.update(sealed.subarray(ivBytes, -tagBytes)), cipher.final()]);
	} catch {
		throw new VaultProblem();
	}
}

/** A secret as the database may hold it: under a key of its own, which is wrapped by the vault's. The first key seals. */
export function seal(plain: string, place: SealedPlace, keys: readonly VaultKey[] = ownKeys()): string {
	const [wrapper] = keys;
	if (!wrapper) throw new VaultProblem();
	const own = randomBytes(32);
	const about = aad(place, wrapper.kid);
	const parts = [encrypt(wrapper.key, own, about), encrypt(own, Buffer.from(plain), about)];
	return ["v1", wrapper.kid, ...parts.map((part) => part.toString("base64url"))].join(".");
}

/** For the moment of use only. Throws a VaultProblem, whatever the cause. */
export function unseal(sealed: string, place: SealedPlace, keys: readonly VaultKey[] = ownKeys()): string {
	const [format, kid, wrapped, value, ...rest] = sealed.split(".");
	const wrapper = keys.find((one) => one.kid === kid);
	if (format !== "v1" || !wrapper || !wrapped || !value || rest.length > 0) throw new VaultProblem();
	const about = aad(place, wrapper.kid);
	const own = decrypt(wrapper.key, Buffer.from(wrapped, "base64url"), about);
	return decrypt(own, Buffer.from(value, "base64url"), about).toString();
}
