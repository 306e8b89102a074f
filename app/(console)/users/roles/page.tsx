import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { allRoles } from "@/components/access/lists";
import { RoleList } from "@/components/access/role-list";

export const metadata: Metadata = { title: "Roles" };

export default function RolesPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.access.listRoles.queryKey(allRoles), await api.access.listRoles(allRoles))
			}
		>
			<RoleList />
		</Filled>
	);
}
