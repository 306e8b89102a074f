import { createHash } from "node:crypto";

export const digitsOf = (text: string): number[] => [...text.replace(/\D/g, "")].map(Number);
export const bare = (text: string): string => text.replace(/[\s.:/-]/g, "").toUpperCase();

export const weighted = (digits: readonly number[], weights: readonly number[]): number =>
	weights.reduce((sum, weight, at) => sum + weight * (digits[at] ?? 0), 0);
const digitSum = (value: number): number => Math.floor(value / 10) + (value % 10);

/** Also of what holds only digits of one kind, which no number that was given out does. */
export const isAllAlike = (digits: readonly number[]): boolean => new Set(digits).size === 1;

export function isLuhn(digits: readonly number[]): boolean {
	const sum = digits
		.toReversed()
		.reduce((total, digit, at) => total + (at % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2), 0);
	return digits.length > 1 && sum % 10 === 0;
}

const verhoeffTimes = [
	[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
	[1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
	[2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
	[3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
	[4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
	[5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
	[6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
	[7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
	[8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
	[9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const verhoeffOnce = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
/** Verhoeff's check of a dihedral group, as India's Aadhaar has it. */
export function isVerhoeff(digits: readonly number[]): boolean {
	let check = 0;
	for (const [at, digit] of digits.toReversed().entries()) {
		let turned = digit;
		for (let times = at % 8; times > 0; times -= 1) turned = verhoeffOnce[turned] ?? 0;
		check = verhoeffTimes[check]?.[turned] ?? 0;
	}
	return check === 0;
}

/** ISO 7064 mod 97-10, as IBANs have it: letters are read as 10 to 35. */
export function mod97(text: string): number {
	let rest = 0;
	for (const letter of text) {
		const value = Number.parseInt(letter, 36);
		rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
	}
	return rest;
}

/** The check digit of travel documents (ICAO 9303): weights 7, 3, 1. */
export const icaoCheck = (text: string): number =>
	[...text].reduce((sum, letter, at) => sum + Number.parseInt(letter, 36) * ([7, 3, 1][at % 3] ?? 0), 0) % 10;

/** A letter as its two digits, A as 01: the way of German insurance numbers. */
const letterDigits = (letter: string): number[] => {
	const place = Number.parseInt(letter, 36) - 9;
	return [Math.floor(place / 10), place % 10];
};
export function isGermanPension(text: string): boolean {
	const letter = text.at(8) ?? "";
	const digits = [...digitsOf(text.slice(0, 8)), ...letterDigits(letter), ...digitsOf(text.slice(9, 11))];
	const weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
	const sum = weights.reduce((total, weight, at) => total + digitSum(weight * (digits[at] ?? 0)), 0);
	return sum % 10 === Number(text.at(11));
}
export function isGermanInsured(text: string): boolean {
	const digits = [...letterDigits(text.at(0) ?? ""), ...digitsOf(text.slice(1, 9))];
	const sum = digits.reduce((total, digit, at) => total + digitSum(digit * (at % 2 === 0 ? 1 : 2)), 0);
	return sum % 10 === Number(text.at(9));
}

const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
/** Italy's codice fiscale. */
export function isItalianFiscal(text: string): boolean {
	const sum = [...text.slice(0, 15)].reduce((total, letter, at) => {
		const value = /\d/.test(letter) ? Number(letter) : letter.charCodeAt(0) - 65;
		return total + (at % 2 === 0 ? (oddValues[value] ?? 0) : value);
	}, 0);
	return String.fromCharCode(65 + (sum % 26)) === text.at(15);
}

/** Whether there is such a day: `yymmdd`, `yyyymmdd`, or `ddmmyy` where `order` says so. */
export function isDay(text: string, order: "ymd" | "dmy" = "ymd"): boolean {
	const short = text.length === 8 ? text.slice(2) : text;
	const [a, month, b] = [short.slice(0, 2), short.slice(2, 4), short.slice(4, 6)].map(Number);
	const day = order === "ymd" ? b : a;
	const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][(month ?? 0) - 1];
	return day !== undefined && longest !== undefined && day >= 1 && day <= longest;
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** A Bitcoin address of the older form: version, hash, and four bytes of a double SHA-256. */
export function isBase58Check(text: string): boolean {
	let value = 0n;
	for (const letter of text) {
		const digit = base58.indexOf(letter);
		if (digit < 0) return false;
		value = value * 58n + BigInt(digit);
	}
	const bytes = Buffer.from(value.toString(16).padStart(50, "0"), "hex");
	if (bytes.length !== 25) return false;
	const sha = (data: Buffer) => createHash("sha256").update(data).digest();
	return sha(sha(bytes.subarray(0, 21)))
		.subarray(0, 4)
		.equals(bytes.subarray(21));
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** One of the newer form, of either checksum (BIP 173, BIP 350). */
export function isBech32(address: string): boolean {
	const text = address.toLowerCase();
	const at = text.lastIndexOf("1");
	const human = text.slice(0, at);
	const data = [...text.slice(at + 1)].map((letter) => bech32.indexOf(letter));
	if (data.includes(-1)) return false;
	const codes = [...human].map((letter) => letter.charCodeAt(0));
	const values = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...data];
	let check = 1;
	for (const value of values) {
		const top = check >>> 25;
		check = ((check & 0x1ffffff) << 5) ^ value;
		for (const [bit, generator] of generators.entries()) if ((top >> bit) & 1) check ^= generator;
	}
	return check === 1 || check === 0x2bc830a3;
}
