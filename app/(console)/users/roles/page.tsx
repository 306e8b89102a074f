import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { RoleList } from "@/components/access/role-list";

export const metadata: Metadata = { title: "Roles" };

export default function RolesPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.access.listRoles.queryKey({}), await api.access.listRoles({}))
			}
		>
			<RoleList />
		</Filled>
	);
}
