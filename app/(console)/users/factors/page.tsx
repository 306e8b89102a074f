import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { RolePolicies } from "@/components/factors/role-policies";

export const metadata: Metadata = { title: "Second factors" };

export default function FactorPoliciesPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.factors.policies.queryKey({}), await api.factors.policies({}))
			}
		>
			<RolePolicies />
		</Filled>
	);
}
