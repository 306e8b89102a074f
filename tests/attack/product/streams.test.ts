import { randomUUID } from "node:crypto";
import superjson from "superjson";
import { beforeAll, expect, test } from "vitest";
import { roles } from "@/server/core/permissions";
import { type Client, connect } from "@/tests/support/client";
import { until } from "@/tests/support/until";
import { accounts, ask, url } from "./ask";

// T4: an open stream is its reader's alone, and only as long as they may read it.

// Something to answer from: where nothing is found no model is asked.
beforeAll(async () => {
	const { api } = await connect(url, accounts.owner);
	const { id } = await api.knowledge.createCollection.mutate({ name: "Streams", access: "everyone" });
	const text = "# Annual leave\n\nEveryone has 25 days of annual leave in a year. Ask your manager for days of leave.";
	const { uploadId } = await api.knowledge.upload.mutate(new Blob([text]));
	const { document } = await api.knowledge.addDocument.mutate({ collectionId: id, uploadId, name: "leave.md" });
	const isReady = async () => (await api.knowledge.getDocument.query({ documentId: document.id })).state === "ready";
	await until(isReady, 50_000);
});

/** An answer of a minute and more, word by word. */
const slow = 'How many days of annual leave are there? {{"tokens": 900, "intervalMs": 100}}';
/** As long as a revocation may take to reach a stream, and a second for a busy machine. */
const closesWithin = 6_000;

async function newcomer(): Promise<Client & { userId: string }> {
	const account = { email: `${randomUUID()}@example.test`, password: `canary ${randomUUID()}` };
	const owner = await connect(url, accounts.owner);
	const { id } = await owner.api.users.create.mutate({ ...account, name: "A", role: "staff" });
	return { ...(await connect(url, account)), userId: id };
}

const streamUrl = (runId: string) =>
	`/api/trpc/runs.events?input=${encodeURIComponent(superjson.stringify({ runId }))}`;

/** Opens the stream of a run as this reader; `closed` resolves when the server ends it. */
async function open(reader: Client, runId: string) {
	const answer = await fetch(url + streamUrl(runId), { headers: reader.headers });
	let said = "";
	const read = async () => {
		for await (const part of answer.body ?? []) said += Buffer.from(part).toString();
	};
	const closed = read().then(
		() => "closed",
		() => "closed",
	);
	return { status: answer.status, closed, isSpeaking: () => said.split("answer.delta").length > 3 };
}

test("nobody opens the stream of somebody else's run, whatever their role", async () => {
	const a = await newcomer();
	const { runId } = await a.api.runs.start.mutate({ question: slow });
	for (const role of roles) {
		const other = { headers: { cookie: accounts[role].cookie } };
		const foreign = await ask(streamUrl(runId), other);
		const unknown = await ask(streamUrl(randomUUID()), other);
		expect(foreign.text).toMatch(/NOT_FOUND|FORBIDDEN/);
		expect(foreign.text).not.toContain("answer.delta");
		const plain = (text: string) => text.replaceAll(/"requestId":"[^"]*"/g, "");
		expect(plain(foreign.text)).toBe(plain(unknown.text));
	}
	expect((await ask(streamUrl(runId))).text).toContain("UNAUTHORIZED");
	await a.api.runs.stop.mutate({ runId });
});

const revocations: Record<
	string,
	(a: Client & { userId: string }, owner: Client, threadId: string) => Promise<unknown>
> = {
	"the reader signed out": (a) => signOut(a),
	"their role lost the right": (a, owner) => owner.api.users.setRole.mutate({ userId: a.userId, role: "auditor" }),
	"their account was disabled": (a, owner) =>
		owner.api.users.setDisabled.mutate({ userId: a.userId, isDisabled: true }),
	"the thread was removed": (a, _, threadId) => a.api.threads.remove.mutate({ threadId }),
};

test.concurrent.each(Object.keys(revocations))("an open stream ends when %s", async (why) => {
	const a = await newcomer();
	const owner = await connect(url, accounts.owner);
	const { runId, threadId } = await a.api.runs.start.mutate({ question: slow });
	const { status, closed, isSpeaking } = await open(a, runId);
	expect(status).toBe(200);
	await until(isSpeaking, 20_000);
	await revocations[why]?.(a, owner, threadId);
	const late = new Promise<string>((resolve) => setTimeout(resolve, closesWithin, "still open"));
	expect(await Promise.race([closed, late])).not.toBe("still open");
	const isRefused = async () =>
		/UNAUTHORIZED|FORBIDDEN|NOT_FOUND/.test((await ask(streamUrl(runId), { headers: a.headers })).text);
	await until(isRefused, closesWithin);
});

async function signOut({ cookie, headers }: Client): Promise<void> {
	const csrf = await fetch(`${url}/api/auth/csrf`, { headers });
	const { csrfToken } = (await csrf.json()) as { csrfToken: string };
	const pair = csrf.headers.getSetCookie().map((one) => one.split(";")[0]);
	const answer = await fetch(`${url}/api/auth/signout`, {
		method: "POST",
		redirect: "manual",
		headers: { origin: url, cookie: [cookie, ...pair].join("; ") },
		body: new URLSearchParams({ csrfToken, json: "true" }),
	});
	expect(answer.status).toBe(200);
}
