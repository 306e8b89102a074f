import { expect, test } from "vitest";
import { readSchema } from "@/server/extractions/contract";
import { nameFrom, newField, toDraft, toSchema } from "./schema-draft";

const invoice = {
	type: "object",
	description: "An invoice",
	properties: {
		invoice_no: { type: "string", title: "Invoice no." },
		date: { type: "string", format: "date", title: "Date" },
		currency: { type: "string", enum: ["EUR", "CHF"], title: "Currency" },
		total: { type: "number", title: "Total", minimum: 0 },
		isPaid: { type: "boolean" },
		supplier: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
		lines: { type: "array", title: "Lines", items: { type: "object", properties: { count: { type: "integer" } } } },
	},
	required: ["invoice_no"],
};

test("a pasted schema comes out of its form as it went in", () => {
	const { schema } = readSchema(invoice);
	expect(schema).not.toBeNull();
	if (schema) expect(toSchema(toDraft(schema), { description: "An invoice" })).toEqual(schema);
});

test("what is built is a schema that can be read, whatever its fields are called", () => {
	const titles = ["Betrag (netto)", "Betrag, netto", "2nd line", "Größe", "", "constructor"];
	const built = toSchema(titles.map((title) => ({ ...newField(), title })));
	expect(Object.keys(built.properties)).toEqual([
		"betrag_netto",
		"betrag_netto_2",
		"_2nd_line",
		"große"
			.normalize("NFKD")
			.replace(/\p{M}/gu, "")
			.replace(/[^a-z0-9]+/g, "_"),
		"constructor",
	]);
	const read = readSchema(built);
	expect(read.problems.map(({ path }) => path.join("."))).toEqual(["properties.constructor"]);
	expect(nameFrom("Invoice no.")).toBe("invoice_no");
});
