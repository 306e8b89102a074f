"use client";

import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { linkedRun } from "./use-pinned";

type Older = {
	/** The first turn that is shown; its article has this as its id. */
	firstId: string | null;
	hasOlder: boolean;
	/** Only what a screen needs is there yet. */
	isFirstScreen: boolean;
	isGoingUp: boolean;
	goUp: () => void;
};

/** So near to the first turn, in px, older ones are asked for. */
const near = 800;

/** How long a page rests before it asks for more than its first screen, in ms. */
const restMs = 400;

/** Brings older turns as the reader comes near the first one, and keeps what they read where it is. */
export function useOlder(frame: RefObject<HTMLElement | null>, older: Older): void {
	const { firstId, hasOlder, isFirstScreen, isGoingUp, goUp } = older;
	const read = useRef<{ id: string; top: number } | null>(null);
	const ask = useRef(() => {});
	ask.current = () => {
		const element = frame.current;
		if (hasOlder && !isGoingUp && element && element.scrollTop < near) goUp();
	};
	useLayoutEffect(() => {
		const element = frame.current;
		if (!element || !firstId) return;
		const { current: before } = read;
		const stayed = before && before.id !== firstId ? document.getElementById(before.id) : null;
		// What came before it has pushed it down: the frame goes down with it.
		if (stayed && before) element.scrollTop += stayed.getBoundingClientRect().top - before.top;
		const note = () => {
			const top = document.getElementById(firstId)?.getBoundingClientRect().top;
			read.current = top === undefined ? null : { id: firstId, top };
		};
		note();
		const onScroll = () => {
			note();
			ask.current();
		};
		element.addEventListener("scroll", onScroll, { passive: true });
		return () => element.removeEventListener("scroll", onScroll);
	}, [frame, firstId]);

	// The page stands: what a reader may look for next comes before they do.
	const isShort = isFirstScreen && hasOlder && firstId !== null;
	const more = useRef(goUp);
	more.current = goUp;
	useEffect(() => {
		if (!isShort) return;
		const soon = setTimeout(() => more.current(), restMs);
		return () => clearTimeout(soon);
	}, [isShort]);

	// A link names an answer that may be further up.
	const isFound = useRef(false);
	useEffect(() => {
		const id = linkedRun();
		if (isFound.current || !id || !firstId || isGoingUp) return;
		const found = document.getElementById(id);
		if (!found && hasOlder) return goUp();
		isFound.current = true;
		found?.scrollIntoView();
	}, [firstId, hasOlder, isGoingUp, goUp]);
}
