import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useMe } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";

/** What follows a change of one's factors: the list is read anew; who had to add one first gets in everywhere now. */
export function useFactorsChanged(): () => Promise<void> {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const { mustEnrol } = useMe();
	return async () => {
		await cache.invalidateQueries(api.factors.pathFilter());
		if (mustEnrol) router.refresh();
	};
}
