import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { PromptVersionsPage } from "@/components/prompts/versions-page";

export const metadata: Metadata = { title: "Versions" };
type Props = { params: Promise<{ promptId: string }> };

export default async function VersionsOfPromptPage({ params }: Props) {
	const { promptId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				cache.setQueryData(keys.prompts.get.queryKey({ promptId }), await api.prompts.get({ promptId }));
			}}
		>
			<PromptVersionsPage key={promptId} promptId={promptId} />
		</Filled>
	);
}
