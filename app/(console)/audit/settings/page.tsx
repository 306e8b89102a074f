import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { AuditSettings } from "@/components/audit/audit-settings";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Audit settings" };

export default function AuditSettingsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const [stream, status, holds] = await Promise.all([
					api.audit.getStream({}),
					api.audit.status({}),
					api.audit.listHolds({}),
				]);
				cache.setQueryData(keys.audit.getStream.queryKey({}), stream);
				cache.setQueryData(keys.audit.status.queryKey({}), status);
				cache.setQueryData(keys.audit.listHolds.infiniteQueryKey({}), onePage(holds));
			}}
		>
			<AuditSettings />
		</Filled>
	);
}
