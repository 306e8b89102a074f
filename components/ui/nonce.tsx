"use client";

import { createContext, type ReactNode, useContext } from "react";

const NonceContext = createContext("");

/** The nonce of the page's policy: styles that are made later need it too. */
export function Nonce({ value, children }: { value: string; children: ReactNode }) {
	// What holds the page behind a dialog still makes a style, and looks for the nonce under this name.
	if (typeof document !== "undefined") Reflect.set(globalThis, "__webpack_nonce__", value);
	return <NonceContext value={value}>{children}</NonceContext>;
}

export const useNonce = (): string => useContext(NonceContext);
