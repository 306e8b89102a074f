import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

type Key = { id: string; secret: string; region: string };
type Signed = { method: string; path: string; headers: IncomingHttpHeaders; text: string };

const sha256 = (text: string) => createHash("sha256").update(text).digest();
const mac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Every byte but those of unreserved characters, as AWS writes them. */
const encoded = (text: string) =>
	[...Buffer.from(text)]
		.map((byte) => {
			const letter = String.fromCharCode(byte);
			return /[\w.~-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
		})
		.join("");

/** AWS Signature Version 4, worked out from what came in, as a store does. */
export function isSignedForS3({ method, path, headers, text }: Signed, key: Key): boolean {
	const auth = String(headers.authorization);
	const found =
		/^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
	const [, id, day = "", region = "", names = "", signature] = found.exec(auth) ?? [];
	const time = String(headers["x-amz-date"]);
	const hash = String(headers["x-amz-content-sha256"]);
	const signed = names.split(";");
	const mustSign = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))];
	const [place = "", query = ""] = path.split("?");
	const segments = place.split("/").map((one) => encoded(decodeURIComponent(one)));
	const parameters = [...new URLSearchParams(query.replaceAll("+", "%2B"))]
		.map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
		.toSorted()
		.join("&");
	const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join("");
	const request = [method, segments.join("/"), parameters, lines, names, hash].join("\n");
	const scope = `${day}/${region}/s3/aws4_request`;
	const signing = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(mac, `AWS4${key.secret}`);
	const told = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(request).toString("hex")}`;
	return (
		id === key.id &&
		region === key.region &&
		time.startsWith(day) &&
		signed.join() === signed.toSorted().join() &&
		mustSign.every((name) => signed.includes(name)) &&
		hash === sha256(text).toString("hex") &&
		signature === mac(signing, told).toString("hex")
	);
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** A bucket that lists and hands out its objects to whoever signs, a few keys a page. */
export async function s3Bucket(key: Key, objects: Map<string, string>) {
	const asked: string[] = [];
	let isAway = false;
	const server = createServer((request, response) => {
		const { method = "", url: path = "", headers } = request;
		asked.push(path);
		if (isAway) return void request.socket.destroy();
		const refuse = (status: number, code: string) =>
			void response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
		if (!isSignedForS3({ method, path, headers, text: "" }, key)) return refuse(403, "SignatureDoesNotMatch");
		const url = new URL(path, "http://bucket.test");
		const [, bucket, ...rest] = url.pathname.split("/").map(decodeURIComponent);
		if (bucket !== "handbook") return refuse(404, "NoSuchBucket");
		if (rest.length > 0) {
			const text = objects.get(rest.join("/"));
			if (text === undefined) return refuse(404, "NoSuchKey");
			return void response.writeHead(200, { etag: `"${etag(text)}"` }).end(text);
		}
		const prefix = url.searchParams.get("prefix") ?? "";
		const all = [...objects].filter(([name]) => name.startsWith(prefix)).toSorted();
		const from = Number(url.searchParams.get("continuation-token")?.replace("from +/", "") ?? 0);
		const rows = all
			.slice(from, from + 2)
			.map(
				([name, text]) =>
					`<Contents><Key>${escaped(name)}</Key><ETag>&quot;${etag(text)}&quot;</ETag><Size>${Buffer.byteLength(text)}</Size></Contents>`,
			);
		const isMore = from + 2 < all.length;
		const next = isMore ? `<NextContinuationToken>from +/${from + 2}</NextContinuationToken>` : "";
		response.end(
			`<?xml version="1.0"?><ListBucketResult><IsTruncated>${isMore}</IsTruncated>${next}${rows.join("")}</ListBucketResult>`,
		);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const goAway = (away: boolean) => {
		isAway = away;
	};
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, goAway };
}

const etag = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
