import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { ExportList } from "@/components/audit/export-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Audit exports" };

export default function ExportsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.audit.listExports.infiniteQueryKey({}), onePage(await api.audit.listExports({})))
			}
		>
			<ExportList />
		</Filled>
	);
}
