"use client";

import { useEffect } from "react";

/** Esc, unless a dialog or an open list has the first claim to it. */
export function useEscape(onEscape: () => void): void {
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (event.key !== "Escape" || event.defaultPrevented) return;
			if (document.querySelector("[role=dialog], dialog[open], [popover]:popover-open")) return;
			onEscape();
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [onEscape]);
}
