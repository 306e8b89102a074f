"use client";

import "@mantine/core/styles.layer.css";
import { type CSSVariablesResolver, createTheme, MantineProvider, type MantineThemeOverride } from "@mantine/core";
import type { ReactNode } from "react";
import { useShownScheme } from "./colour-scheme";
import { useNonce } from "./nonce";

/** Dense by default: 32 px controls, 40 px under a finger (`app/global.css` sets the two heights). */
const control = { defaultProps: { size: "sm" } };

const theme: MantineThemeOverride = createTheme({
	primaryColor: "sea",
	primaryShade: { light: 7, dark: 7 },
	colors: {
		sea: ["#effaf8", "#d3f1ec", "#a8e2d9", "#73cdc1", "#43b3a6", "#23978b", "#14857a", "#0f766e", "#0d625c", "#0b4743"],
		gray: [
			"#f8f9f9",
			"#f1f3f3",
			"#e5e9e8",
			"#d3d9d8",
			"#b0b9b8",
			"#87928f",
			"#5f6a68",
			"#46504e",
			"#2b3332",
			"#161c1b",
		],
		dark: [
			"#dfe6e4",
			"#b4bfbd",
			"#97a3a1",
			"#6d7877",
			"#3a4342",
			"#272e2d",
			"#1c2221",
			"#111514",
			"#0d1010",
			"#080a0a",
		],
	},
	fontFamily: "var(--qd-sans)",
	fontFamilyMonospace: "var(--qd-mono)",
	fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
	lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.4" },
	spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
	radius: { xs: "3px", sm: "4px", md: "6px", lg: "8px", xl: "12px" },
	defaultRadius: "md",
	headings: { fontWeight: "600" },
	focusRing: "auto",
	cursorType: "pointer",
	respectReducedMotion: true,
	components: {
		Button: control,
		ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: 32 } },
		TextInput: control,
		PasswordInput: control,
		NativeSelect: control,
		NumberInput: control,
		MultiSelect: control,
		Textarea: control,
		Modal: {
			defaultProps: {
				centered: true,
				overlayProps: { backgroundOpacity: 0.4 },
				transitionProps: { duration: 120, transition: "fade" },
				closeButtonProps: { "aria-label": "Close" },
			},
		},
		Drawer: {
			defaultProps: {
				overlayProps: { backgroundOpacity: 0.4 },
				transitionProps: { duration: 140 },
				closeButtonProps: { "aria-label": "Close" },
			},
		},
		Menu: { defaultProps: { transitionProps: { duration: 100 }, shadow: "md" } },
		Popover: { defaultProps: { transitionProps: { duration: 100 }, shadow: "md" } },
		Tooltip: {
			defaultProps: {
				transitionProps: { duration: 100 },
				openDelay: 300,
				events: { hover: true, focus: true, touch: true },
			},
		},
	},
});

/** Mantine's own colours, taken from the tokens in `app/global.css`: one place decides both schemes. */
const variables = {
	"--mantine-color-body": "var(--qd-canvas)",
	"--mantine-color-text": "var(--qd-text)",
	"--mantine-color-dimmed": "var(--qd-dim)",
	"--mantine-color-placeholder": "var(--qd-faint)",
	"--mantine-color-anchor": "var(--qd-accent-text)",
	"--mantine-color-default": "var(--qd-surface)",
	"--mantine-color-default-hover": "var(--qd-raised)",
	"--mantine-color-default-color": "var(--qd-text)",
	"--mantine-color-default-border": "var(--qd-line-strong)",
	"--mantine-color-error": "var(--qd-red)",
	"--mantine-color-gray-light-color": "var(--qd-text)",
	"--mantine-color-sea-light": "var(--qd-accent-soft)",
	"--mantine-color-sea-light-color": "var(--qd-accent-text)",
	"--mantine-color-red-filled": "var(--qd-red-fill)",
	"--mantine-color-red-light": "var(--qd-red-soft)",
	"--mantine-color-red-light-color": "var(--qd-red)",
};
const resolver: CSSVariablesResolver = () => ({ variables: {}, light: variables, dark: variables });

/**
 * Around whatever is made of Mantine. No first screen of the console is, so its provider comes with those parts, later;
 * which scheme is shown is decided in `colour-scheme.ts`.
 */
export function Theme({ children }: { children: ReactNode }) {
	const nonce = useNonce();
	return (
		<MantineProvider
			theme={theme}
			cssVariablesResolver={resolver}
			getStyleNonce={() => nonce}
			forceColorScheme={useShownScheme()}
		>
			{children}
		</MantineProvider>
	);
}
