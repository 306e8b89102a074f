import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { ProcedureList } from "@/components/procedures/procedure-list";

export const metadata: Metadata = { title: "Procedures" };

export default function ProceduresPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.procedures.list.queryKey({}), await api.procedures.list({}))
			}
		>
			<ProcedureList />
		</Filled>
	);
}
