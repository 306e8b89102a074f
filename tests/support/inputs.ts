import fc from "fast-check";
import { z } from "zod";

type Anything = z.core.$ZodType;
type Options = { optional: boolean };

/** Inputs that a schema takes, made from the schema itself. Without optional keys they are as small as it allows. */
export function inputsOf(schema: Anything, options: Options = { optional: true }): fc.Arbitrary<unknown> {
	let misses = 0;
	return build(schema, options).filter((value) => {
		const { success } = (schema as z.ZodType).safeParse(value);
		if (!success && ++misses > 10_000)
			raise("What is made for this schema it never takes: see tests/support/inputs.ts");
		return success;
	});
}

/** The smallest input that a schema takes, always the same for a seed, with the given fields in it. */
export function minimalInput(schema: Anything, given: Record<string, unknown> = {}, seed = 1): unknown {
	const def = defOf(schema);
	const isObject = def.type === "object";
	// A field that is given need not be guessed: some can't be.
	const arbitrary = isObject
		? fc.record(
				Object.fromEntries(
					Object.entries(def.shape)
						.filter(([key, field]) => !(key in given) && !isOptional(field))
						.map(([key, field]) => [key, inputsOf(field, { optional: false })]),
				),
			)
		: inputsOf(schema, { optional: false });
	const [found] = fc.sample(arbitrary, { numRuns: 1, seed });
	return isObject ? { ...(found as object), ...given } : found;
}

function build(schema: Anything, options: Options): fc.Arbitrary<unknown> {
	const def = defOf(schema);
	const inner = (one: Anything) => build(one, options);
	switch (def.type) {
		case "string":
			return texts(limitsOf(schema));
		case "number":
			return numbers(limitsOf(schema));
		case "boolean":
			return fc.boolean();
		case "bigint":
			return fc.bigInt({ min: 0n, max: 1_000n });
		case "date":
			return dates;
		case "enum":
			return fc.constantFrom(...Object.values(def.entries));
		case "literal":
			return fc.constantFrom(...def.values);
		case "null":
			return fc.constant(null);
		case "undefined":
		case "void":
			return fc.constant(undefined);
		case "any":
		case "unknown":
			return fc.jsonValue();
		case "array":
			return arrays(limitsOf(schema), inner(def.element));
		case "tuple":
			return fc.tuple(...def.items.map(inner));
		case "object":
			return objects(def.shape, options);
		case "record":
			return fc.dictionary(fc.constantFrom("one", "two"), inner(def.valueType), { maxKeys: options.optional ? 2 : 0 });
		case "union":
			return options.optional
				? fc.oneof(...def.options.map(inner))
				: inner(def.options[0] ?? raise(`an empty union can't be met`));
		case "intersection":
			return fc
				.tuple(inner(def.left), inner(def.right))
				.map(([left, right]) => ({ ...(left as object), ...(right as object) }));
		case "optional":
		case "default":
		case "prefault":
			return options.optional ? fc.option(inner(def.innerType), { nil: undefined }) : inner(def.innerType);
		case "nullable":
			return options.optional ? fc.option(inner(def.innerType)) : fc.constant(null);
		case "nonoptional":
		case "readonly":
		case "catch":
			return inner(def.innerType);
		case "pipe":
			// What is made ready for another schema takes what that one takes.
			return inner(defOf(def.in).type === "transform" ? def.out : def.in);
		case "lazy":
			return inner(def.getter());
		case "custom":
			// The only ones are files on their way in.
			return fc.string().map((text) => new Blob([text]).stream());
		default:
			return raise(`No values are made for ${def.type} yet: add it to tests/support/inputs.ts`);
	}
}

function objects(shape: Record<string, Anything>, options: Options): fc.Arbitrary<unknown> {
	const keys = Object.keys(shape).filter((key) => options.optional || !isOptional(shape[key] as Anything));
	const fields = Object.fromEntries(keys.map((key) => [key, build(shape[key] as Anything, options)]));
	const requiredKeys = keys.filter((key) => !isOptional(shape[key] as Anything));
	return fc.record(fields, { requiredKeys });
}

/** As JSON Schema names them. */
type Limits = {
	format?: string;
	pattern?: string;
	allOf?: { pattern?: string }[];
	minLength?: number;
	maxLength?: number;
	minItems?: number;
	maxItems?: number;
	type?: string;
	minimum?: number;
	maximum?: number;
};
const limitsOf = (schema: Anything): Limits =>
	z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as Limits;

function texts({ format, pattern, allOf, minLength = 0, maxLength = minLength + 30 }: Limits): fc.Arbitrary<string> {
	switch (format) {
		case "uuid":
			return fc.uuid({ version: 4 });
		case "email":
			return fc.stringMatching(/^[a-z]{3,8}@[a-z]{3,8}\.test$/);
		case "uri":
			return fc.webPath().map((path) => `https://example.test${path}`);
		case "date-time":
			return dates.map((date) => date.toISOString());
	}
	const wanted = pattern ?? allOf?.find((one) => one.pattern)?.pattern;
	if (wanted) return fc.stringMatching(new RegExp(wanted));
	// Nothing at its ends that trimming takes away, nothing that no database stores.
	const middle = fc.string({ minLength, maxLength: Math.max(minLength, maxLength - 2) });
	return maxLength < 2
		? fc.stringMatching(new RegExp(`^[a-z]{${minLength},${maxLength}}$`))
		: middle.map((text) => `a${text.slice(Math.min(2, minLength))}z`);
}

function numbers({ type, minimum = 0, maximum = minimum + 1_000 }: Limits): fc.Arbitrary<number> {
	const limits = { min: minimum, max: Math.max(minimum, Math.min(maximum, minimum + 1_000_000)) };
	return type === "integer" ? fc.integer(limits) : fc.double({ ...limits, noNaN: true });
}

const arrays = ({ minItems = 0, maxItems = minItems + 3 }: Limits, element: fc.Arbitrary<unknown>) =>
	fc.array(element, { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });

const dates = fc.date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true });

// Zod's own types tell a schema's kind only by its definition.
export const defOf = (schema: Anything) => (schema as z.core.$ZodTypes)._zod.def;
export const isOptional = (schema: Anything): boolean => (schema as z.ZodType).safeParse(undefined).success;

function raise(problem: string): never {
	throw new Error(problem);
}
