"use client";

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const near = 72;

/** The answer that the page's address leads to; null for the newest. */
export function linkedRun(): string | null {
	const id = window.location.hash.slice(1);
	return /^[0-9a-f-]{36}$/.test(id) ? id : null;
}

/** Keeps the end in view while it grows, until the reader scrolls up; then it leaves them alone. */
export function usePinned(
	frame: RefObject<HTMLElement | null>,
	content: RefObject<HTMLElement | null>,
): { isAway: boolean; pin: () => void } {
	const isPinned = useRef(true);
	const [isAway, setAway] = useState(false);
	const pin = useCallback(() => {
		isPinned.current = true;
		setAway(false);
		const element = frame.current;
		if (element) element.scrollTop = element.scrollHeight;
	}, [frame]);
	useLayoutEffect(() => {
		if (!linkedRun()) return pin();
		isPinned.current = false;
		setAway(true);
	}, [pin]);
	useEffect(() => {
		const element = frame.current;
		const inner = content.current;
		if (!element || !inner) return;
		let top = element.scrollTop;
		const onScroll = () => {
			const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < near;
			// Growing content moves the end away without anybody scrolling: only going up lets go.
			if (isNear) isPinned.current = true;
			else if (element.scrollTop < top) isPinned.current = false;
			top = element.scrollTop;
			setAway(!isPinned.current);
		};
		const grown = new ResizeObserver(() => {
			if (isPinned.current) element.scrollTop = element.scrollHeight;
		});
		grown.observe(inner);
		grown.observe(element);
		element.addEventListener("scroll", onScroll, { passive: true });
		return () => {
			grown.disconnect();
			element.removeEventListener("scroll", onScroll);
		};
	}, [frame, content]);
	return { isAway, pin };
}
