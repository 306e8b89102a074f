import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

export const keyStart = "qd_live_";
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const prefixLength = 10;
/** 43 letters of 62 are 256 bits. */
const secretLength = 43;
const checkLength = 6;
const form = new RegExp(`^${keyStart}([0-9A-Za-z]{${prefixLength}})_([0-9A-Za-z]{${secretLength + checkLength}})$`);

const letters = (count: number) => Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join("");

export const newPrefix = (): string => letters(prefixLength);

/** `qd_live_<public prefix>_<secret><checksum>`. */
export function newKey(prefix: string): string {
	const body = `${keyStart}${prefix}_${letters(secretLength)}`;
	return body + checksum(body);
}

/** Tells a mistyped or cut key, and a scanner for leaked ones, without asking the database. */
function checksum(text: string): string {
	let rest = crc32(text);
	let sum = "";
	for (let at = 0; at < checkLength; at += 1) {
		sum = alphabet[rest % alphabet.length] + sum;
		rest = Math.floor(rest / alphabet.length);
	}
	return sum;
}

/** The public prefix of a key that is whole; null for anything else. */
export function readPrefix(key: string): string | null {
	const prefix = form.exec(key)?.[1];
	return prefix && checksum(key.slice(0, -checkLength)) === key.slice(-checkLength) ? prefix : null;
}

export const hashKey = (key: string): string => createHash("sha256").update(key).digest("hex");
export const lastFourOf = (key: string): string => key.slice(-4);

/** Compares digests in the same time whether there is one or not. */
export function isSameHash(known: string | null | undefined, asked: string): boolean {
	const isThere = known?.length === asked.length;
	const isSame = timingSafeEqual(Buffer.from(isThere && known ? known : "0".repeat(asked.length)), Buffer.from(asked));
	return isThere && isSame;
}
