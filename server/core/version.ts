/**
 * What changes whenever an answer does, found out for less work than the answer: the marks of the rows that it is made of
 * (PostgreSQL's xmin, another with each change of a row), and what the caller's rights make of them. `revision` is the one that changes are based on.
 */
export type Version = { of: unknown; revision?: number };
