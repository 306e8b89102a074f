import type { Metadata } from "next";
import { cache as remember } from "react";
import { Filled, read } from "@/app/filled";
import { Conversation } from "@/components/chat/conversation";

type Props = { params: Promise<{ threadId: string }> };
const readThread = remember((threadId: string) => read((api) => api.threads.get({ threadId })));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	const answer = await readThread((await params).threadId);
	return { title: answer.kind === "read" ? answer.data.thread.title : "Chat" };
}

export default async function ThreadPage({ params }: Props) {
	const { threadId } = await params;
	const answer = await readThread(threadId);
	return (
		<Filled
			fill={async (_api, cache, keys) => {
				if (answer.kind === "read") cache.setQueryData(keys.threads.get.queryKey({ threadId }), answer.data);
			}}
		>
			<Conversation key={threadId} threadId={threadId} />
		</Filled>
	);
}
