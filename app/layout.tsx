import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "./reset.css";
import "@mantine/core/styles/baseline.layer.css";
import "@mantine/core/styles/default-css-variables.layer.css";
import "./global.css";
import { ColorSchemeScript, mantineHtmlProps } from "@mantine/core";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { Nonce } from "@/components/ui/nonce";

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

/** Each page is made for its request: its scripts carry the nonce of that request's policy. */
export default async function RootLayout({ children }: { children: ReactNode }) {
	const policy = (await headers()).get("content-security-policy") ?? "";
	const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
	return (
		<html lang="en" {...mantineHtmlProps}>
			<head>
				<ColorSchemeScript nonce={nonce} defaultColorScheme="auto" />
			</head>
			<body>
				<Nonce value={nonce}>{children}</Nonce>
			</body>
		</html>
	);
}
