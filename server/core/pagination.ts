import { z } from "zod";

/** The one grammar of lists: at most `limit` rows from `cursor` on; `next` is the cursor of the page after, null at the end. */
export const Page = z.strictObject({
	limit: z.int().min(1).max(200).default(50),
	cursor: z.string().max(500).optional(),
});
export type Page = z.infer<typeof Page>;

export const pageOf = <Row extends z.ZodType>(row: Row) =>
	z.object({ rows: z.array(row), next: z.string().nullable() });
