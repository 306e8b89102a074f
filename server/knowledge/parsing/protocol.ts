import { z } from "zod";
import { isParseFailure, type ParseFailure } from "./failure";
import { ParsedPage } from "./page";

/** What the parser's process writes, a line each. It read a stranger's file, so its words are checked like any input. */
export const ChildLine = z.union([
	ParsedPage,
	z.object({ failure: z.custom<ParseFailure>(isParseFailure), reason: z.string().max(1000) }),
	z.object({ end: z.int() }),
]);
export type ChildLine = z.infer<typeof ChildLine>;
