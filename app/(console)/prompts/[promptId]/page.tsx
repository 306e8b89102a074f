import type { Metadata } from "next";
import { cache as remember } from "react";
import { Filled, read } from "@/app/filled";
import { PromptEditor } from "@/components/prompts/prompt-editor";

type Props = { params: Promise<{ promptId: string }> };
const readPrompt = remember((promptId: string) => read((api) => api.prompts.get({ promptId })));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	const answer = await readPrompt((await params).promptId);
	return { title: answer.kind === "read" ? answer.data.prompt.name : "Prompt" };
}

export default async function PromptPage({ params }: Props) {
	const { promptId } = await params;
	const answer = await readPrompt(promptId);
	return (
		<Filled
			fill={async (_api, cache, keys) => {
				if (answer.kind === "read") cache.setQueryData(keys.prompts.get.queryKey({ promptId }), answer.data);
			}}
		>
			<PromptEditor key={promptId} promptId={promptId} />
		</Filled>
	);
}
