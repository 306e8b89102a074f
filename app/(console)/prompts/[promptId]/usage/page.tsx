import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { UsagePage } from "@/components/prompts/usage-page";

export const metadata: Metadata = { title: "Usage" };
type Props = { params: Promise<{ promptId: string }> };

export default async function PromptUsagePage({ params }: Props) {
	const { promptId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				cache.setQueryData(keys.prompts.get.queryKey({ promptId }), await api.prompts.get({ promptId }));
			}}
		>
			<UsagePage key={promptId} promptId={promptId} />
		</Filled>
	);
}
