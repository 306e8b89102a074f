import type { spans } from "@/db/schema";

export type SpanRow = typeof spans.$inferInsert;
