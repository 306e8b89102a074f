import { expect, test } from "vitest";
import { quoteAnswer } from "./extractive";
import { meaningfulWords, sentences } from "./words";

const passage = (marker: number, text: string, similarity: number | null = 0.5) => ({
	marker,
	heading: "",
	text,
	similarity,
});

test("the sentence that answers is quoted word for word, with its marker", () => {
	const answer = quoteAnswer("How many days of annual leave do staff get?", [
		passage(1, "The office opens at eight. Visitors sign in at the desk."),
		passage(2, "Leave must be agreed with your manager first. All staff get 25 days of annual leave.", 0.7),
	]);
	expect(answer).toContain("“All staff get 25 days of annual leave.” [2]");
	expect(answer).not.toContain("Visitors");
});

test("a line break inside a sentence of a PDF does not cut the quote", () => {
	const answer = quoteAnswer("Who signs the fire report?", [
		passage(1, "The fire report is\nsigned by the safety\nofficer on duty. Doors stay shut."),
	]);
	expect(answer).toBe("“The fire report is signed by the safety officer on duty.” [1]");
});

test("of a table, only the row that answers is quoted", () => {
	const table =
		"Item | Limit | Receipt\nDinner, overnight | £32 | yes\nHotel in a capital city | £175 | yes\n\nAlcohol is not paid.";
	expect(quoteAnswer("What is the limit for a hotel in a capital city?", [passage(1, table)])).toContain(
		"“Hotel in a capital city | £175 | yes” [1]",
	);
});

test("the same sentence in two documents is quoted once", () => {
	const said = "Refunds are paid within ten working days.";
	expect(quoteAnswer("When are refunds paid?", [passage(1, said), passage(2, said)])).toBe(`“${said}” [1]`);
});

test("what shares too little with the question is not quoted as its answer", () => {
	const lunch = passage(1, "On your first day the company pays for lunch with a colleague of your choice.", 0.4);
	expect(quoteAnswer("What does the company pay into the pension scheme?", [lunch])).toBeNull();
	expect(quoteAnswer("Does the company pay for lunch?", [lunch])).toContain("[1]");
});

test("a heading is not quoted for the text below it", () => {
	const text = "Falling ill on leave\n\nDays of illness during leave are given back if you report sick.";
	const answer = quoteAnswer("What about falling ill on leave?", [
		{ ...passage(1, text), heading: "Leave › Falling ill on leave" },
	]);
	expect(answer).toBe("“Days of illness during leave are given back if you report sick.” [1]");
});

test("without passages there is nothing to quote", () => {
	expect(quoteAnswer("Anything?", [])).toBeNull();
});

test("a marker behind the full stop belongs to the sentence before it", () => {
	const text = "Staff get 25 days. [1] Ask first [2].\n- One line\n- Another [3]";
	expect(sentences(text).map((sentence) => sentence.text)).toEqual([
		"Staff get 25 days. [1]",
		"Ask first [2].",
		"- One line",
		"- Another [3]",
	]);
	for (const { start, end, text: sentence } of sentences(text)) expect(text.slice(start, end)).toBe(sentence);
});

test("forms of one word are one word, and scripts without spaces are compared by pairs", () => {
	expect(meaningfulWords("requested")).toEqual(meaningfulWords("requests"));
	expect(meaningfulWords("policies")).toEqual(meaningfulWords("policy"));
	expect(meaningfulWords("travelling")).toEqual(meaningfulWords("travel"));
	expect(meaningfulWords("年次休暇")).toEqual(["年次", "次休", "休暇"]);
	expect(meaningfulWords("What is the")).toEqual([]);
});
