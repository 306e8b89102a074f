import { useSyncExternalStore } from "react";

let isOver = false;
const listeners = new Set<() => void>();

/** Called by whatever learns first that the session has ended. */
export function reportSessionOver(): void {
	if (isOver) return;
	isOver = true;
	for (const listener of listeners) listener();
}

export function useSessionOver(): boolean {
	return useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => isOver,
		() => false,
	);
}
