import type { ChildProcess } from "node:child_process";
import { Message } from "./messages";

/** Hears what a child says that is meant for the launcher; frameworks use the same channel for words of their own. */
export function hear(child: ChildProcess, onMessage: (message: Message) => void): void {
	child.on("message", (said) => {
		const message = Message.safeParse(said);
		if (message.success) onMessage(message.data);
	});
}

/** Resolves with the last that a child said, when it has ended and all that it said was heard; null where it said nothing. */
export async function lastWord(
	child: ChildProcess,
	onMessage: (message: Message) => void = () => {},
): Promise<Message | null> {
	let last: Message | null = null;
	hear(child, (message) => {
		last = message;
		onMessage(message);
	});
	// Its end and the end of its channel come in either order.
	const ended = new Promise((resolve) => child.once("exit", resolve));
	const unheard = new Promise((resolve) => child.once("disconnect", resolve));
	const neverBorn = new Promise((resolve) => child.once("error", resolve));
	await Promise.race([Promise.all([ended, unheard]), neverBorn]);
	return last;
}
