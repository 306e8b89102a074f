import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { env } from "./env";

/** Of every answer, whatever it is. */
const everywhere: Record<string, string> = {
	"x-content-type-options": "nosniff",
	"x-frame-options": "DENY",
	"referrer-policy": "no-referrer",
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-resource-policy": "same-origin",
	"permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
	"reporting-endpoints": 'csp="/api/csp"',
	// A host that was reached over TLS once is never asked without it again.
	...(env().QD_URL?.startsWith("https:") ? { "strict-transport-security": "max-age=31536000; includeSubDomains" } : {}),
};

/** What is data for a program has no reason to run, load or be framed anywhere. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Pages: scripts and styles of our own with this answer's nonce, nothing from foreign hosts. */
const pagePolicy = (nonce: string): string =>
	[
		"default-src 'none'",
		`script-src 'nonce-${nonce}' 'strict-dynamic'`,
		`style-src 'self' 'nonce-${nonce}'`,
		// Widths and progress bars are attributes; a style attribute loads nothing and runs nothing.
		"style-src-attr 'unsafe-inline'",
		"img-src 'self' data: blob:",
		"font-src 'self'",
		"connect-src 'self'",
		"worker-src 'self' blob:",
		"manifest-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"object-src 'none'",
		"frame-ancestors 'none'",
		"report-to csp",
		"report-uri /api/csp",
	].join("; ");

export function protectData(response: ServerResponse): void {
	for (const [name, value] of Object.entries(everywhere)) response.setHeader(name, value);
	response.setHeader("content-security-policy", dataPolicy);
}

/** Next puts the nonce that it finds in the request's own policy on every script and style that it writes. */
export function protectPage(request: IncomingMessage, response: ServerResponse): void {
	const policy = pagePolicy(randomBytes(16).toString("base64"));
	for (const [name, value] of Object.entries(everywhere)) response.setHeader(name, value);
	response.setHeader("content-security-policy", policy);
	request.headers["content-security-policy"] = policy;
}
