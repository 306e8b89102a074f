import { expect, test } from "vitest";
import { sameWords, wordingOf } from "./service/wording";

test.each([
	["How many days of annual leave do staff get?", "how many annual leave days do staff get"],
	["How many days of annual leave do staff get?", "Can you please tell me how many days of annual leave do staff get?"],
	["Who approves travel requests?", "Who approves a travel request?"],
	["Staff can't carry days over, can they?", "Staff cannot carry days over, can they?"],
	["Wie viele Tage Urlaub gibt es?", "Bitte: wie viele Tage Urlaub gibt es"],
])("“%s” is the same as “%s”", (one, other) => {
	expect(wordingOf(one)).toBe(wordingOf(other));
});

test.each([
	["How many days after 5 years of service?", "How many days after 6 years of service?"],
	["What costs 1.5 EUR?", "What costs 15 EUR?"],
	["Can staff carry days over?", "Can't staff carry days over?"],
	["May staff work from home?", "Must staff work from home?"],
	["When is the fire drill?", "Where is the fire drill?"],
	["Does Anna approve it?", "Does Bert approve it?"],
	["does anna manage bert?", "does bert manage anna?"],
	["The way from Berlin to Paris", "The way from Paris to Berlin"],
	["How long is maternity leave?", "How long is paternity leave?"],
	["Which rule is there for US staff?", "Which rule is there for us staff?"],
	["Is it more than 3 > 2?", "Is it more than 3 < 2?"],
	["Who is the manager of Anna?", "Whose manager is Anna?"],
])("“%s” is another question than “%s”", (one, other) => {
	expect(wordingOf(one)).not.toBe(wordingOf(other));
});

test("only spaces are nothing where a question is the same word for word", () => {
	expect(sameWords(" How  many\ndays? ")).toBe("How many days?");
	expect(sameWords("How many days?")).not.toBe(sameWords("how many days?"));
});
