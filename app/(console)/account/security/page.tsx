import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { describeProblem } from "@/components/auth/problems";
import { Security } from "@/components/factors/security";

export const metadata: Metadata = { title: "Security" };

type Search = Promise<{ problem?: string | string[] }>;

export default async function SecurityPage({ searchParams }: { searchParams: Search }) {
	const { problem } = await searchParams;
	return (
		<Filled
			fill={async (api, cache, keys) => cache.setQueryData(keys.factors.mine.queryKey({}), await api.factors.mine({}))}
		>
			<Security problem={describeProblem(problem, undefined)} />
		</Filled>
	);
}
