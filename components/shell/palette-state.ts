import { useSyncExternalStore } from "react";

let asked = 0;
const listeners = new Set<() => void>();

/** Opens the command palette; its code is loaded the first time. */
export function openPalette(): void {
	asked += 1;
	for (const listener of listeners) listener();
}

/** How often the palette was asked for. */
export function usePaletteAsked(): number {
	return useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => asked,
		() => 0,
	);
}
