import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetPlanDraft, keepPlanDraft, readPlanDraft } from "./plan-draft";

const kept = new Map<string, string>();
let isOff = false;
beforeEach(() => {
	vi.stubGlobal("sessionStorage", {
		getItem: (key: string) => {
			if (isOff) throw new Error("The browser keeps nothing");
			return kept.get(key) ?? null;
		},
		setItem: (key: string, value: string) => {
			if (isOff) throw new Error("The browser keeps nothing");
			kept.set(key, value);
		},
		removeItem: (key: string) => kept.delete(key),
	});
});
afterEach(() => {
	kept.clear();
	isOff = false;
	vi.unstubAllGlobals();
});

const proposed = ["Which berths are free?", "Who decides?"];

test("a plan that was changed is found again by its run, until it goes on or is as it was proposed", () => {
	expect(readPlanDraft("a", proposed)).toBeNull();
	keepPlanDraft("a", { proposed, parts: [...proposed, "Since when?"] });
	expect(readPlanDraft("a", proposed)).toEqual([...proposed, "Since when?"]);
	expect(readPlanDraft("b", proposed)).toBeNull();
	keepPlanDraft("a", { proposed, parts: proposed });
	expect(kept.size).toBe(0);
	keepPlanDraft("a", { proposed, parts: [] });
	forgetPlanDraft("a");
	expect(kept.size).toBe(0);
});

test("what was changed of another plan is not put on this one, and what is no draft is none", () => {
	keepPlanDraft("a", { proposed: ["An older plan"], parts: ["Changed"] });
	expect(readPlanDraft("a", proposed)).toBeNull();
	for (const text of ["{", "[]", '{"proposed":1,"parts":["x"]}', '{"proposed":["x"],"parts":[1]}']) {
		kept.set("qd-plan:a", text);
		expect(readPlanDraft("a", ["x"])).toBeNull();
	}
});

test("where the browser keeps nothing, nothing breaks", () => {
	isOff = true;
	keepPlanDraft("a", { proposed, parts: ["Changed"] });
	expect(readPlanDraft("a", proposed)).toBeNull();
});
