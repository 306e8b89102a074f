"use client";

import { useSyncExternalStore } from "react";

export type ColourScheme = "auto" | "light" | "dark";

/** Mantine's own key and attribute, so that its script in the head, which runs before the first paint, reads the same. */
const key = "mantine-color-scheme-value";
const attribute = "data-mantine-color-scheme";
const listeners = new Set<() => void>();

function read(): ColourScheme {
	const kept = localStorage.getItem(key);
	return kept === "light" || kept === "dark" ? kept : "auto";
}

const isDark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;
const resolve = (scheme: ColourScheme) => (scheme === "auto" ? (isDark() ? "dark" : "light") : scheme);

function apply() {
	document.documentElement.setAttribute(attribute, resolve(read()));
	for (const listener of listeners) listener();
}

export function setColourScheme(scheme: ColourScheme): void {
	localStorage.setItem(key, scheme);
	apply();
}

/** The choice may change in another tab, and "auto" with the system. */
function subscribe(listener: () => void) {
	const media = window.matchMedia("(prefers-color-scheme: dark)");
	if (listeners.size === 0) {
		media.addEventListener("change", apply);
		window.addEventListener("storage", apply);
	}
	listeners.add(listener);
	return () => {
		listeners.delete(listener);
		if (listeners.size > 0) return;
		media.removeEventListener("change", apply);
		window.removeEventListener("storage", apply);
	};
}

/** What was chosen; null until the browser can tell. */
export const useColourScheme = (): ColourScheme | null => useSyncExternalStore(subscribe, read, () => null);

/** What it comes to. */
export const useShownScheme = (): "light" | "dark" =>
	useSyncExternalStore(
		subscribe,
		() => resolve(read()),
		() => "light",
	);
