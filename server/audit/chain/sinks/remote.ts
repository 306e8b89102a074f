import { createHash, createHmac, randomUUID } from "node:crypto";
import type { SignedCheckpoint } from "@/db/schema";
import { type Env, env } from "@/server/core/env";

const timeoutMs = 15_000;

/** A place outside the database that is set by variables. `push` resolves when it has the checkpoint for good. */
export type Sink = { name: string; push: (checkpoint: SignedCheckpoint) => Promise<void> };

export function remoteSinks(settings: Env = env()): Sink[] {
	const { QD_AUDIT_WEBHOOK_URL, QD_AUDIT_WEBHOOK_SECRET, QD_AUDIT_S3_URL, QD_AUDIT_S3_KEY_ID, QD_AUDIT_S3_SECRET } =
		settings;
	const sinks: Sink[] = [];
	if (QD_AUDIT_WEBHOOK_URL && QD_AUDIT_WEBHOOK_SECRET) {
		const place = { url: QD_AUDIT_WEBHOOK_URL, secret: QD_AUDIT_WEBHOOK_SECRET };
		sinks.push({ name: "webhook", push: (checkpoint) => pushToWebhook(place, checkpoint) });
	}
	if (QD_AUDIT_S3_URL && QD_AUDIT_S3_KEY_ID && QD_AUDIT_S3_SECRET) {
		const region = settings.QD_AUDIT_S3_REGION;
		const place = { url: QD_AUDIT_S3_URL, keyId: QD_AUDIT_S3_KEY_ID, secret: QD_AUDIT_S3_SECRET, region };
		sinks.push({ name: "s3", push: (checkpoint) => putToS3(place, checkpoint) });
	}
	return sinks;
}

/** The address is the operator's own, as that of the database is: it may be private. It is called as it stands. */
async function send(url: URL, method: "POST" | "PUT", body: string, headers: Record<string, string>): Promise<void> {
	const answer = await fetch(url, {
		method,
		body,
		headers,
		redirect: "manual",
		signal: AbortSignal.timeout(timeoutMs),
	});
	await answer.body?.cancel();
	if (!answer.ok) throw new Error(`${url.host} answered ${answer.status}`);
}

/** Signed over `id.timestamp.body`, as our other webhooks are. */
async function pushToWebhook(place: { url: string; secret: string }, checkpoint: SignedCheckpoint): Promise<void> {
	const id = randomUUID();
	const timestamp = String(Math.floor(Date.now() / 1000));
	const body = JSON.stringify({ type: "audit.checkpoint", checkpoint });
	const signature = createHmac("sha256", place.secret).update(`${id}.${timestamp}.${body}`).digest("base64");
	await send(new URL(place.url), "POST", body, {
		"content-type": "application/json",
		"webhook-id": id,
		"webhook-timestamp": timestamp,
		"webhook-signature": `v1,${signature}`,
	});
}

type Bucket = { url: string; keyId: string; secret: string; region: string };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** S3 signs a path with every character but the unreserved ones encoded, whatever the address leaves as it is. */
const encodeSegment = (segment: string): string =>
	encodeURIComponent(decodeURIComponent(segment)).replace(
		/[!'()*]/g,
		(one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
	);

/** One object a checkpoint, in a bucket that may keep what it has against overwriting (object lock). */
async function putToS3({ url, keyId, secret, region }: Bucket, checkpoint: SignedCheckpoint): Promise<void> {
	const name = `${checkpoint.chain}/${String(checkpoint.size).padStart(15, "0")}.json`;
	const target = new URL(`${url.replace(/\/$/, "")}/${name}`);
	target.pathname = target.pathname.split("/").map(encodeSegment).join("/");
	const body = JSON.stringify(checkpoint);
	const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
	const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
	const headers = {
		"content-type": "application/json",
		host: target.host,
		// A bucket with object lock takes nothing without one.
		"x-amz-checksum-sha256": createHash("sha256").update(body).digest("base64"),
		"x-amz-content-sha256": sha256(body),
		"x-amz-date": time,
	};
	const names = Object.keys(headers).join(";");
	const lines = Object.entries(headers).map(([key, value]) => `${key}:${value}\n`);
	const request = ["PUT", target.pathname, "", lines.join(""), names, headers["x-amz-content-sha256"]].join("\n");
	const text = ["AWS4-HMAC-SHA256", time, scope, sha256(request)].join("\n");
	const key = scope.split("/").reduce<string | Buffer>((at, part) => hmac(at, part), `AWS4${secret}`);
	const { host: _, ...sent } = headers;
	await send(target, "PUT", body, {
		...sent,
		authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=${hmac(key, text).toString("hex")}`,
	});
}
