import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { PromptList } from "@/components/prompts/prompt-list";
import { onePage } from "@/components/trpc/page-data";

export const metadata: Metadata = { title: "Prompts" };

export default function PromptsPage() {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.prompts.list.infiniteQueryKey({}), onePage(await api.prompts.list({})))
			}
		>
			<PromptList />
		</Filled>
	);
}
