import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { LabelsPage } from "@/components/prompts/labels-page";

export const metadata: Metadata = { title: "Labels" };
type Props = { params: Promise<{ promptId: string }> };

export default async function PromptLabelsPage({ params }: Props) {
	const { promptId } = await params;
	return (
		<Filled
			fill={async (api, cache, keys) => {
				cache.setQueryData(keys.prompts.get.queryKey({ promptId }), await api.prompts.get({ promptId }));
			}}
		>
			<LabelsPage key={promptId} promptId={promptId} />
		</Filled>
	);
}
