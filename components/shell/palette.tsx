"use client";

import dynamic from "next/dynamic";
import { useEffect } from "react";
import { openPalette, usePaletteAsked } from "./palette-state";

const Commands = dynamic(() => import("./commands"), { ssr: false });

/** Ctrl or Cmd and K, also while a field has focus, which Spotlight's own shortcut leaves out. */
export function Palette() {
	const asked = usePaletteAsked();
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey)
				return;
			event.preventDefault();
			openPalette();
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, []);
	return asked > 0 ? <Commands asked={asked} /> : null;
}
