import { z } from "zod";
import { Dropped } from "../contract";
import { isParseFailure, type ParseFailure } from "./failure";
import { ParsedPage } from "./page";

/** What the parser's process writes, a line each. It read a stranger's file, so its words are checked like any input. */
export const ChildLine = z.union([
	ParsedPage,
	z.object({ failure: z.custom<ParseFailure>(isParseFailure), reason: z.string().max(1000) }),
	z.object({ dropped: z.array(Dropped) }),
	/** Pages that are pictures, whose text is to be recognised. */
	z.object({ scans: z.array(z.int().min(1)) }),
	/** Addresses that it lists, to be read too. */
	z.object({ links: z.array(z.string()).max(1_000) }),
	/** A file that came in this one; its bytes follow in parts, base64. */
	z.object({ file: z.string().min(1).max(255) }),
	z.object({ part: z.string() }),
	z.object({ end: z.int() }),
]);
export type ChildLine = z.infer<typeof ChildLine>;
