"use client";

import { useEffect } from "react";

/** The window's title, where it changes without a new page. Null leaves it alone. */
export function useTitle(title: string | null): void {
	useEffect(() => {
		if (title !== null) document.title = `${title} · Quarterdeck`;
	}, [title]);
}
