/** How far the demo is, for a progress line. */
export type Progress = { what: "people" | "documents" | "answers"; done: number; total: number };
export type Tell = (progress: Progress) => void;
