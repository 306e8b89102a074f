import { z } from "zod";

/** What every list answers with: `next` is the cursor of the page after, null at the end. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
	z.object({ rows: z.array(row), next: z.string().nullable() });
