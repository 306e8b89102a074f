"use client";

import { useEffect } from "react";

/** Leads to sign-in and, after it, back to this address, which only the browser knows. */
export function ToSignIn() {
	useEffect(() => {
		const here = `${window.location.pathname}${window.location.search}`;
		window.location.replace(here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`);
	}, []);
	return null;
}
