import type { ReactNode } from "react";
import { Filled } from "@/app/filled";
import { ChatRoom } from "@/components/chat/chat-room";
import { onePage } from "@/components/trpc/page-data";

export default function ChatLayout({ children }: { children: ReactNode }) {
	return (
		<Filled
			fill={async (api, cache, keys) =>
				cache.setQueryData(keys.threads.list.infiniteQueryKey({}), onePage(await api.threads.list({})))
			}
		>
			<ChatRoom>{children}</ChatRoom>
		</Filled>
	);
}
