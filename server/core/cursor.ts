import { createHmac, timingSafeEqual } from "node:crypto";
import { AppError } from "./errors";
import { secret } from "./secrets";

const sign = (body: string) => createHmac("sha256", secret("cursor")).update(body).digest("base64url").slice(0, 16);

/** A cursor is the sort key of the last row, signed, so that nobody can point it elsewhere. */
export function encodeCursor(key: readonly (string | number)[]): string {
	const body = Buffer.from(JSON.stringify(key)).toString("base64url");
	return `${body}.${sign(body)}`;
}

/** Null for the first page. A cursor that we did not make is the caller's mistake. */
export function decodeCursor(cursor: string | undefined): (string | number)[] | null {
	if (!cursor) return null;
	const [body = "", mac = ""] = cursor.split(".");
	const expected = sign(body);
	if (mac.length !== expected.length || !timingSafeEqual(Buffer.from(mac), Buffer.from(expected)))
		throw new AppError("INVALID_INPUT", "This cursor is not valid: start from the first page.");
	return JSON.parse(Buffer.from(body, "base64url").toString()) as (string | number)[];
}

/** Cuts `limit + 1` fetched rows into a page. */
export function toPage<Row>(
	rows: Row[],
	limit: number,
	key: (row: Row) => (string | number)[],
): { rows: Row[]; next: string | null } {
	const page = rows.slice(0, limit);
	const last = page.at(-1);
	return { rows: page, next: rows.length > limit && last ? encodeCursor(key(last)) : null };
}
