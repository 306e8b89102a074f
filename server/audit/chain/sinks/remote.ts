import { createHash, createHmac, randomUUID } from "node:crypto";
import type { SignedCheckpoint } from "@/db/schema";
import { type Env, env } from "@/server/core/env";
import { type S3Key, s3Address, signS3 } from "@/server/core/s3-signature";

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

type Bucket = { url: string } & S3Key;

/** One object a checkpoint, in a bucket that may keep what it has against overwriting (object lock). */
async function putToS3({ url, ...key }: Bucket, checkpoint: SignedCheckpoint): Promise<void> {
	const name = `${checkpoint.chain}/${String(checkpoint.size).padStart(15, "0")}.json`;
	const target = s3Address(`${url.replace(/\/$/, "")}/${name}`);
	const body = JSON.stringify(checkpoint);
	const headers = {
		"content-type": "application/json",
		// A bucket with object lock takes nothing without one.
		"x-amz-checksum-sha256": createHash("sha256").update(body).digest("base64"),
	};
	await send(target, "PUT", body, signS3(key, { method: "PUT", url: target, body, headers }));
}
