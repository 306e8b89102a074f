/** What one has made of a plan that waits, by its run: it survives a change of page and a refresh, as what is written in a chat does. */
type Draft = { proposed: string[]; parts: string[] };

const storageKey = (runId: string) => `qd-plan:${runId}`;
const isSame = (one: readonly string[], other: readonly string[]) => JSON.stringify(one) === JSON.stringify(other);
const isTexts = (value: unknown): value is string[] =>
	Array.isArray(value) && value.every((one) => typeof one === "string");

/** Null where nothing was changed, or the plan is another by now. */
export function readPlanDraft(runId: string, proposed: readonly string[]): string[] | null {
	try {
		const kept = JSON.parse(sessionStorage.getItem(storageKey(runId)) ?? "null") as Partial<Draft> | null;
		return kept && isTexts(kept.proposed) && isTexts(kept.parts) && isSame(kept.proposed, proposed) ? kept.parts : null;
	} catch {
		// Another version wrote it, or the browser keeps nothing.
		return null;
	}
}

export function keepPlanDraft(runId: string, draft: Draft): void {
	try {
		if (isSame(draft.proposed, draft.parts)) sessionStorage.removeItem(storageKey(runId));
		else sessionStorage.setItem(storageKey(runId), JSON.stringify(draft));
	} catch {
		// Keeping is switched off: it lives as long as the page does.
	}
}

export function forgetPlanDraft(runId: string): void {
	keepPlanDraft(runId, { proposed: [], parts: [] });
}
