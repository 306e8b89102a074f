"use client";

import { useEffect } from "react";

const isTyping = (target: EventTarget | null) =>
	target instanceof HTMLElement &&
	(target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** J and K move through the rows, Esc closes, wherever no text is being written. */
export function useRowKeys(ids: string[], openId: string | null, onOpen: ((id: string | null) => void) | undefined) {
	useEffect(() => {
		if (!onOpen) return;
		const onKey = (event: KeyboardEvent) => {
			if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
			if (document.querySelector("[role=dialog], dialog[open]")) return;
			if (event.key === "Escape" && openId !== null) return onOpen(null);
			const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
			if (step === 0 || ids.length === 0) return;
			const at = openId === null ? -1 : ids.indexOf(openId);
			const next = ids[Math.min(Math.max(at + step, 0), ids.length - 1)];
			if (next === undefined) return;
			onOpen(next);
			document.querySelector(`[data-row="${CSS.escape(next)}"]`)?.scrollIntoView({ block: "nearest" });
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [ids, openId, onOpen]);
}
