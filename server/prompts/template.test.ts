import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { longestRendered, parseTemplate, renderTemplate, TemplateFault } from "./contract/template";
import { PromptVariables, readValues, typedValue } from "./contract/variables";

const nothing = () => {
	throw new TemplateFault("no parts here");
};
const render = (body: string, values: Record<string, string> = {}) =>
	renderTemplate(body, { values: new Map(Object.entries(values)), partOf: nothing });

describe("a template", () => {
	test("has words, variables and other prompts, and no logic", () => {
		expect(parseTemplate("Hi {{ name }}, {{> House style@staging}}{{> House style@3}}{{>Tone}}")).toEqual([
			{ kind: "text", text: "Hi " },
			{ kind: "variable", name: "name" },
			{ kind: "text", text: ", " },
			{ kind: "prompt", name: "House style", label: "staging", version: null },
			{ kind: "prompt", name: "House style", label: null, version: 3 },
			{ kind: "prompt", name: "Tone", label: "production", version: null },
		]);
		expect(render("\\{{name}} is written {{name}}", { name: "Ann" })).toBe("{{name}} is written Ann");
	});

	test.each([
		["a {{#if x}}b{{/if}}", /Line 1: “{{#if x}}” is no variable/],
		["a\n{{name", /Line 2: “{{” is never closed/],
		["{{constructor.name}}", /is no variable/],
		["{{> @production}}", /names no prompt/],
		["{{> Tone@Not a label}}", /neither a label nor a version of Tone/],
		["{{}}", /is no variable/],
	])("says where it can't be read: %s", (body, why) => {
		expect(() => parseTemplate(body)).toThrow(why);
	});

	test("takes values as they are: what looks like a template in one is text", () => {
		const value = "{{secret}} {{> Other@production}} \\{{x}} ${1} $& $1";
		expect(render("<{{a}}|{{a}}>", { a: value, secret: "no" })).toBe(`<${value}|${value}>`);
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), fc.string(), (value, other) => {
				expect(render("[{{a}}][{{b}}]", { a: value, b: other })).toBe(`[${value}][${other}]`);
			}),
		);
	});

	test("either reads a text or says why not, whatever it is, in time that grows with its length", () => {
		fc.assert(
			fc.property(fc.array(fc.constantFrom("{{", "}}", "a", ">", "@", "\\", "\n", " ")), (parts) => {
				try {
					parseTemplate(parts.join(""));
				} catch (error) {
					expect(error).toBeInstanceOf(TemplateFault);
				}
			}),
		);
		expect(parseTemplate("{{a}}".repeat(2_000))).toHaveLength(2_000);
	});

	test("stops where it grows too long or too deep", () => {
		expect(() => render("{{a}}".repeat(10), { a: "x".repeat(longestRendered / 5) })).toThrow(/longer than 60,000/);
		const itself = { body: "x{{> Me@1}}", partOf: () => itself };
		expect(() => renderTemplate("{{> Me@1}}", { values: new Map(), partOf: () => itself })).toThrow(/too many prompts/);
	});
});

describe("variables", () => {
	const variables = PromptVariables.parse([
		{ name: "tone" },
		{ name: "days", type: "number", default: 5 },
		{ name: "team", type: "choice", choices: ["crew", "shore"], isRequired: false },
		{ name: "until", type: "date", isRequired: false },
		{ name: "rules", type: "list", default: [] },
	]);
	const problems = (given: Parameters<typeof readValues>[1]) =>
		readValues(variables, given).problems.map(({ message }) => message);

	test("are named where they are missing, unknown or of another type", () => {
		expect(problems({})).toEqual(["The variable tone needs a value."]);
		expect(problems({ tone: "calm", colour: "red" })).toEqual(["There is no variable colour."]);
		expect(problems({ tone: "calm", days: "many", team: "office", until: "tomorrow", rules: "one" })).toEqual([
			"The variable days takes a number.",
			"The variable team takes one of crew, shore.",
			"The variable until takes a date as 2026-11-26.",
			"The variable rules takes a list of at most 100 texts.",
		]);
		expect(problems({ tone: "x".repeat(10_001) })).toEqual([
			"The variable tone takes a text of at most 10,000 characters.",
		]);
	});

	test("have their defaults, and each type its words", () => {
		const { texts, problems: none } = readValues(variables, { tone: "calm", rules: ["Be brief.", "Be kind."] });
		expect(none).toEqual([]);
		expect(Object.fromEntries(texts)).toEqual({
			...{ tone: "calm", days: "5", team: "", until: "" },
			rules: "- Be brief.\n- Be kind.",
		});
	});

	test("come from programs that know texts only", () => {
		expect(["7", "", "x"].map((text) => typedValue({ type: "number" }, text))).toEqual([7, "", "x"]);
		expect(typedValue({ type: "list" }, "one\n- two\n\n")).toEqual(["one", "two"]);
	});

	test.each([
		[[{ name: "a" }, { name: "a" }], /There is a variable a already/],
		[[{ name: "constructor" }], /can't be the name/],
		[[{ name: "__proto__" }], /begins with a small letter/],
		[[{ name: "a", type: "choice" }], /something to choose from/],
		[[{ name: "a", type: "number", default: "five" }], /The default of a is no number/],
	])("that make no sense are refused: %j", (given, why) => {
		expect(() => PromptVariables.parse(given)).toThrow(why);
	});
});
