import type { Schemas } from "@qdrant/js-client-rest";
import type { Scope } from "../store";

type Filter = Schemas["Filter"];

const isOneOf = (key: "collection" | "document", any: number[]) => ({ key, match: { any } });

/** The scope as a filter of the query itself, so that nothing outside of it is searched; null where nothing is in it. */
export function filterOf({ collections, except, only }: Scope): Filter | null {
	const nos = (isWhole: boolean) => collections.filter((one) => one.isWhole === isWhole).map(({ no }) => no);
	const [whole, partly] = [nos(true), nos(false)];
	const should: Filter[] = [];
	if (whole.length > 0)
		should.push({
			must: [isOneOf("collection", whole)],
			...(except.length > 0 ? { must_not: [isOneOf("document", except)] } : {}),
		});
	if (partly.length > 0 && only.length > 0)
		should.push({ must: [isOneOf("collection", partly), isOneOf("document", only)] });
	return should.length > 0 ? { should } : null;
}
