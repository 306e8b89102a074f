import { createHmac, timingSafeEqual } from "node:crypto";
import { invalidField } from "./errors";
import { secret } from "./secrets";

const sign = (body: string, list: string) =>
	createHmac("sha256", secret("cursor")).update(`${body}\n${list}`).digest("base64url").slice(0, 22);

/**
 * A cursor is the sort key of the last row, signed, so that nobody can point it elsewhere. `list` says which list it belongs to,
 * with its filter and its order: in another one it means nothing.
 */
export function encodeCursor(key: readonly (string | number)[], list = ""): string {
	const body = Buffer.from(JSON.stringify(key)).toString("base64url");
	return `${body}.${sign(body, list)}`;
}

/** Null for the first page. A cursor that we did not make for this list is the caller's mistake. */
export function decodeCursor(cursor: string | undefined, list = ""): (string | number)[] | null {
	if (cursor === undefined) return null;
	const [body = "", mac = ""] = cursor.split(".");
	const expected = Buffer.from(sign(body, list));
	const claimed = Buffer.from(mac);
	if (claimed.length !== expected.length || !timingSafeEqual(claimed, expected))
		throw invalidField(
			"cursor",
			"This cursor is not valid here: it goes with the list, filter and order that it came from. Start from the first page.",
		);
	return JSON.parse(Buffer.from(body, "base64url").toString()) as (string | number)[];
}

/** Cuts `limit + 1` fetched rows into a page. */
export function toPage<Row>(
	rows: Row[],
	limit: number,
	key: (row: Row) => (string | number)[],
	list = "",
): { rows: Row[]; next: string | null } {
	const page = rows.slice(0, limit);
	const last = page.at(-1);
	return { rows: page, next: rows.length > limit && last ? encodeCursor(key(last), list) : null };
}
