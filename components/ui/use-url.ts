"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

/** The part of a page's state that its address holds, so that it can be reloaded, shared and stepped back. */
export function useUrl(): {
	get: (name: string) => string | null;
	set: (changes: Record<string, string | null>) => void;
} {
	const params = useSearchParams();
	const get = useCallback((name: string) => params.get(name), [params]);
	const set = useCallback((changes: Record<string, string | null>) => {
		const next = new URLSearchParams(window.location.search);
		for (const [name, value] of Object.entries(changes)) {
			if (value) next.set(name, value);
			else next.delete(name);
		}
		const query = next.toString();
		window.history.replaceState(null, "", query ? `?${query}` : window.location.pathname);
	}, []);
	return { get, set };
}
