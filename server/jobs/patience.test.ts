import { RetryAfterError } from "inngest";
import { expect, test } from "vitest";
import { Database } from "@/db/connection";
import { patiently } from "./patience";

test("a database that is away is tried again soon, and any other failure as it comes", async () => {
	const away = new Database({ url: "postgres://nobody:secret@127.0.0.1:1/none", pool: 1 });
	await expect(patiently(() => away.ping())).rejects.toBeInstanceOf(RetryAfterError);
	await away.close();
	await expect(patiently(() => Promise.reject(new TypeError("ours")))).rejects.toBeInstanceOf(TypeError);
	expect(await patiently(async () => 1)).toBe(1);
});
