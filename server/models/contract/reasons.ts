/** Why a model gave no answer, or was not asked: words that give nothing of a provider's away. */
export const failureReasons = [
	"busy",
	"failed",
	"key",
	"unknown",
	"refused",
	"unreachable",
	"slow",
	"silent",
	"late",
	"broken",
	"garbage",
	"endless",
	"stopped",
	"budget",
	"unchecked",
	"resting",
	"off",
	"modality",
	"tools",
	"context",
	"price",
	"region",
	"health",
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** What was away, in a few letters. */
const reasonWords = {
	busy: "too many requests",
	failed: "it failed",
	key: "our key was refused",
	unknown: "it is not known there",
	refused: "it did not take the question",
	unreachable: "unreachable",
	slow: "no first word in time",
	silent: "it fell silent",
	late: "no time left",
	broken: "it broke off",
	garbage: "no answer",
	endless: "it did not come to an end",
	stopped: "stopped by an administrator",
	budget: "over budget",
	unchecked: "the budget could not be checked",
	resting: "it rests after failures",
	off: "turned off",
	modality: "not for pictures, or only for them",
	tools: "it has no tools",
	context: "too long for it",
	price: "too dear",
	region: "another data region",
	health: "too many failures lately",
} as const satisfies Record<FailureReason, string>;

/** As people read it: the provider's status where there is one. */
export const awayBecause = ({ reason, status }: { reason: FailureReason | null; status: number | null }): string =>
	status !== null ? String(status) : reason ? reasonWords[reason] : "away";

const byChoice: ReadonlySet<string> = new Set(["modality", "tools", "context", "price", "region"]);
/** Whether a route left a model out as it is set to, and not as anything was wrong. */
export const isByChoice = (reason: FailureReason | null): boolean => reason !== null && byChoice.has(reason);
