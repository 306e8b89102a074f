import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "./reset.css";
import "@mantine/core/styles.layer.css";
import "./global.css";
import { ColorSchemeScript, mantineHtmlProps } from "@mantine/core";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

export const metadata: Metadata = {
	title: { default: "Quarterdeck", template: "%s · Quarterdeck" },
	description: "Agents that answer from your organisation's own documents.",
	icons: { icon: "/icon.svg" },
	robots: { index: false, follow: false },
};

export const viewport: Viewport = {
	width: "device-width",
	initialScale: 1,
	themeColor: [
		{ media: "(prefers-color-scheme: light)", color: "#fcfdfd" },
		{ media: "(prefers-color-scheme: dark)", color: "#111514" },
	],
};

export default function RootLayout({ children }: { children: ReactNode }) {
	return (
		<html lang="en" {...mantineHtmlProps}>
			<head>
				<ColorSchemeScript defaultColorScheme="auto" />
			</head>
			<body>{children}</body>
		</html>
	);
}
