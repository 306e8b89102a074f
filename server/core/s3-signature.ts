import { createHash, createHmac } from "node:crypto";

export type S3Key = { keyId: string; secret: string; region: string };
type S3Request = { method: "GET" | "PUT"; url: URL; body?: string; headers?: Record<string, string> };

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** S3 signs every character but the unreserved ones encoded, whatever an address leaves as it is. */
const encode = (text: string): string =>
	encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** The address with its path as it is signed and sent. */
export function s3Address(text: string): URL {
	const url = new URL(text);
	url.pathname = url.pathname
		.split("/")
		.map((segment) => encode(decodeURIComponent(segment)))
		.join("/");
	return url;
}

/** Where an object lies, below the address of its bucket: its key as it is, also one that looks like a path upwards. */
export function s3ObjectAddress(bucket: string, key: string): URL {
	const url = new URL(bucket);
	const path = `${url.pathname.replace(/\/$/, "")}/${key.split("/").map(encode).join("/")}`;
	// An address takes these as the way upwards, however they are encoded: what is signed would not be what is asked for.
	if (key.split("/").some((part) => part === "." || part === ".."))
		throw new Error("A key with . or .. has no address");
	url.pathname = path;
	return url;
}

/** Parameters as they are signed and sent: by name, each encoded. */
export const s3Query = (parameters: Record<string, string>): string =>
	Object.keys(parameters)
		.toSorted()
		.map((name) => `${encode(name)}=${encode(parameters[name] ?? "")}`)
		.join("&");

/** The headers to send: those given, and what AWS Signature Version 4 adds. The query stands in the address as by `s3Query`. */
export function signS3(
	{ keyId, secret, region }: S3Key,
	{ method, url, body = "", headers = {} }: S3Request,
): Record<string, string> {
	const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
	const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
	const signed: Record<string, string> = {
		...headers,
		host: url.host,
		"x-amz-content-sha256": sha256(body),
		"x-amz-date": time,
	};
	const order = Object.keys(signed).toSorted();
	const names = order.join(";");
	const lines = order.map((name) => `${name}:${signed[name]}\n`).join("");
	const request = [method, url.pathname, url.search.slice(1), lines, names, signed["x-amz-content-sha256"]].join("\n");
	const text = ["AWS4-HMAC-SHA256", time, scope, sha256(request)].join("\n");
	const key = scope.split("/").reduce<string | Buffer>((at, part) => hmac(at, part), `AWS4${secret}`);
	const { host: _, ...sent } = signed;
	return {
		...sent,
		authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=${hmac(key, text).toString("hex")}`,
	};
}
