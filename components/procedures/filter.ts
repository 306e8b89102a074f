import { faces, type ListProcedures, risks } from "@/server/procedures/contract";

type Filter = NonNullable<ListProcedures["filter"]>;

/** The list that an address stands for: by name, and never in need of a second page. */
export function filterFrom(get: (name: string) => string | null): Pick<ListProcedures, "filter" | "sort" | "limit"> {
	const contains = get("find")?.trim().slice(0, 100);
	const permission = get("permission")?.trim().slice(0, 100);
	const risk = risks.find((one) => one === get("risk"));
	const face = faces.find((one) => one === get("face"));
	const filter: Filter = {
		...(contains ? { path: { contains } } : {}),
		...(permission ? { permission: { eq: permission } } : {}),
		...(risk ? { risk: { eq: risk } } : {}),
		...(face ? { faces: { eq: face } } : {}),
	};
	return { sort: "path", limit: 200, ...(Object.keys(filter).length > 0 ? { filter } : {}) };
}
