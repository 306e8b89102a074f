import { z } from "zod";

/** What the process that reads repositories is asked. It has no network: its calls are made for it, through the fetch guard. */
export type GitTask =
	| { is: "fetch"; gitdir: string; url: string; branch: string | null }
	| { is: "read"; gitdir: string; oids: string[] };

const bytes = z.instanceof(Uint8Array);
const oid = z.string().regex(/^[0-9a-f]{40,64}$/);

/** What it says. It reads a stranger's bytes, so its words are checked like any input. */
export const GitWord = z.union([
	z.object({
		call: z.int(),
		url: z.string().max(4000),
		method: z.enum(["GET", "POST"]),
		headers: z.record(z.string(), z.string()),
		body: bytes,
	}),
	z.object({ files: z.array(z.tuple([z.string().max(4000), oid])).max(50_000) }),
	z.object({ oid, bytes: bytes.nullable(), why: z.enum(["read", "large", "missing"]) }),
	z.object({ end: z.literal(true) }),
	z.object({ failed: z.string().max(2000), status: z.int().nullable() }),
]);
export type GitWord = z.infer<typeof GitWord>;

/** The answer to a call; `failure` where there was none. */
export type GitAnswer = {
	call: number;
	status: number;
	headers: Record<string, string>;
	body: Uint8Array;
	failure: string | null;
};
