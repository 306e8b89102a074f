import type { Citation } from "@/server/runs/contract";

/** A part of a text, in UTF-16 units. */
export type Span = { start: number; end: number };
export type AnswerProps = { text: string; citations: Citation[]; unsupported: Span[]; isStreaming: boolean };
