import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { Conversation } from "@/components/chat/conversation";

export const metadata: Metadata = { title: "New chat" };

export default function NewChatPage() {
	return (
		<Filled
			fill={async (api, cache, keys) => {
				const input = { limit: 6 };
				cache.setQueryData(keys.knowledge.listCollections.queryKey(input), await api.knowledge.listCollections(input));
			}}
		>
			<Conversation threadId={null} />
		</Filled>
	);
}
