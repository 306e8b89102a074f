import { useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { say } from "@/components/ui/say";
import type { PromptLabels } from "@/server/prompts/contract";

/** What is to be read anew once something was done to a label: `changed(words)` is for `onSuccess`. */
export function useLabelsChanged(promptId: string, then?: () => void) {
	const api = useApi();
	const cache = useQueryClient();
	return (words: string) => async (labels: PromptLabels) => {
		cache.setQueryData(api.prompts.getLabels.queryKey({ promptId }), labels);
		await Promise.all([
			cache.invalidateQueries(api.prompts.get.pathFilter()),
			cache.invalidateQueries(api.prompts.list.pathFilter()),
			cache.invalidateQueries(api.prompts.listMoves.pathFilter()),
		]);
		say(words);
		then?.();
	};
}
