import type { Metadata } from "next";
import { cache as remember } from "react";
import { Filled, read } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { Conversation } from "@/components/chat/conversation";
import { firstTurns } from "@/components/chat/first-turns";

type Props = { params: Promise<{ threadId: string }>; searchParams: SearchParams };
const readThread = remember((threadId: string, branchId: string | null) =>
	read((api) => api.threads.get({ threadId, ...(branchId ? { branchId } : {}), limit: firstTurns })),
);
const branchOf = async (searchParams: SearchParams) => (await readerOf(searchParams))("branch");

export async function generateMetadata({ params, searchParams }: Props): Promise<Metadata> {
	const answer = await readThread((await params).threadId, await branchOf(searchParams));
	return { title: answer.kind === "read" ? answer.data.thread.title : "Chat" };
}

export default async function ThreadPage({ params, searchParams }: Props) {
	const { threadId } = await params;
	const branchId = await branchOf(searchParams);
	const answer = await readThread(threadId, branchId);
	return (
		<Filled
			fill={async (_api, cache, keys) => {
				const asked = { threadId, ...(branchId ? { branchId } : {}), limit: firstTurns };
				if (answer.kind === "read") cache.setQueryData(keys.threads.get.queryKey(asked), answer.data);
			}}
		>
			<Conversation key={threadId} threadId={threadId} />
		</Filled>
	);
}
