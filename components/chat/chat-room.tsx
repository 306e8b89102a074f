import type { ReactNode } from "react";
import styles from "./conversation.module.css";
import { ThreadList } from "./thread-list";

/** The chats at the left, one of them beside it. */
export function ChatRoom({ children }: { children: ReactNode }) {
	return (
		<div className={styles.room}>
			<ThreadList />
			{children}
		</div>
	);
}
