import type { KeyObject } from "node:crypto";
import type { SignedCheckpoint } from "../../../db/schema/audit";

export type ChainProblem = {
	/** The first number that does not hold. */
	seq: number;
	kind: "format" | "checkpoint" | "fork" | "edited" | "deleted" | "inserted" | "rewritten" | "truncated";
	message: string;
};
export type ChainResult = {
	isValid: boolean;
	chain: string | null;
	from: number;
	to: number;
	entries: number;
	proven: number;
	problem: ChainProblem | null;
};
export function readKeys(pem: string): Map<string, KeyObject>;
export class ChainVerifier {
	constructor(options: { keys: Map<string, KeyObject>; checkpoints: readonly SignedCheckpoint[]; isPart?: boolean });
	readonly problem: ChainProblem | null;
	readonly entries: number;
	take(line: Buffer): boolean;
	end(): ChainResult;
}
