import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import superjson from "superjson";
import { type Client, connect } from "@/tests/support/client";
import type { Product } from "@/tests/support/product";
import { until } from "@/tests/support/until";

/** How long a run lasts matters little here; that one breaks does. */
const longestMs = 20_000;

export type Events = { firstTokenAt: number; endedAt: number };

type Figure = { bench: string; metric: string; value: number; unit: string; baseline: number; n: number };

/** One line on standard output, where nothing else goes. */
export function report(figure: Figure): void {
	console.log(JSON.stringify({ ...figure, value: Math.round(figure.value * 100) / 100 }));
}

export function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const subjects = [
	["annual leave", "All staff get 25 days of annual leave a year, agreed with their manager two weeks ahead"],
	["travel expenses", "Travel expenses are paid back within ten working days when the receipts are attached"],
	["the fire drill", "The fire drill takes place on the first Monday of March and the safety officer signs its report"],
	["remote work", "Remote work is possible on three days a week after the first ninety days of employment"],
	["visitor badges", "Visitor badges are given out at the front desk and returned before five in the afternoon"],
	["parental leave", "Parental leave lasts sixteen weeks at full pay and may be taken in two parts"],
	["password resets", "Password resets are done by the service desk after a call back to the number on file"],
	["the server room", "The server room may be entered by two people together, and each visit stands in the log"],
	["supplier contracts", "Supplier contracts above five thousand euros need two offers and the signature of finance"],
	["sick notes", "Sick notes are due on the third day of absence and go to the people team"],
	["company cars", "Company cars are booked in the calendar and handed back with a full tank"],
	["data breaches", "Data breaches are reported to the privacy officer within two hours of their discovery"],
] as const;

/** A chapter of a handbook: a dozen passages about one subject. */
export function textOf(n: number): string {
	const [name, fact] = subjects[n % subjects.length] ?? subjects[0];
	const parts = Array.from({ length: 12 }, (_, part) =>
		[
			`## ${name}, part ${part + 1}`,
			`${fact}.`,
			`In office ${part + 1} the rule on ${name} is explained by the floor lead, who keeps a copy at desk ${part * 7 + 3}.`,
			`Questions about ${name} that this part does not answer go to the team in room ${part + 20}, which answers on the same day.`,
			"Exceptions are written down with their reason and looked through once a year by the management, who may end them.",
		].join("\n\n"),
	);
	return [`# Chapter ${n + 1}: ${name}`, ...parts].join("\n\n");
}

export function question(n: number): string {
	const [name] = subjects[n % subjects.length] ?? subjects[0];
	return `What is the rule on ${name} in office ${(n % 12) + 1}?`;
}

/** The stand-in as a process of its own, as a real provider is. */
export async function startProviderProcess() {
	const child: ChildProcess = spawn(process.execPath, ["tests/support/provider.ts"], {
		stdio: ["ignore", "pipe", "inherit"],
		env: { NODE_ENV: "test", PORT: "0" },
	});
	const [said] = child.stdout ? await once(child.stdout, "data") : [""];
	const base = `http://127.0.0.1:${String(said).trim()}`;
	const behave = (usually: object) => fetch(`${base}/script`, { method: "POST", body: JSON.stringify({ usually }) });
	return { child, pid: child.pid ?? 0, url: `${base}/v1`, behave };
}

/** It is printed a moment after the address. */
export async function setupCodeOf({ output }: Product): Promise<string> {
	const found = await until(() => /one-time code:\s+(\S+)/.exec(output()));
	return found[1] ?? "";
}

/** An owner, people who are signed in, and documents that all of them may read. */
export async function fillIn(product: Product, people: number): Promise<Client[]> {
	const password = "a long enough sentence";
	const email = "owner@example.test";
	const code = await setupCodeOf(product);
	await (await connect(product.url)).api.auth.createOwner.mutate({ code, email, name: "Olga Owner", password });
	const owner = await connect(product.url, { email, password });
	const { id: collectionId } = await owner.api.knowledge.createCollection.mutate({
		name: "Handbook",
		access: "everyone",
	});
	for (let n = 0; n < 12; n += 1) {
		const { uploadId } = await owner.api.knowledge.upload.mutate(new Blob([textOf(n)]));
		await owner.api.knowledge.addDocument.mutate({ collectionId, uploadId, name: `chapter-${n}.md` });
	}
	await until(async () => (await owner.api.knowledge.getCollection.query({ collectionId })).readyCount === 12, 120_000);
	const made: Client[] = [];
	for (let n = 0; n < people; n += 1) {
		const account = { email: `staff-${n}@example.test`, name: `Staff ${n}`, password };
		await owner.api.users.create.mutate({ ...account, role: "staff" });
		made.push(await connect(product.url, account));
	}
	return made;
}

/** Asks over the same wire as the console, without the console's own work: start, then the stream until it ends. */
export async function ask(url: string, client: Client, n: number): Promise<Events> {
	const started = await patientFetch(`${url}/api/trpc/runs.start`, {
		method: "POST",
		headers: { ...client.headers, "content-type": "application/json" },
		body: superjson.stringify({ question: question(n) }),
	});
	const answer = (await started.json()) as { result?: { data: { json: { runId: string } } } };
	if (!answer.result) throw new Error(`A run was not started: ${JSON.stringify(answer)}`);
	const input = superjson.stringify({ runId: answer.result.data.json.runId });
	const stream = await patientFetch(`${url}/api/trpc/runs.events?input=${encodeURIComponent(input)}`, {
		headers: client.headers,
		signal: AbortSignal.timeout(longestMs),
	});
	const events = { firstTokenAt: 0, endedAt: 0, state: "" };
	const decoder = new TextDecoder();
	let rest = "";
	for await (const bytes of stream.body ?? []) {
		rest += decoder.decode(bytes, { stream: true });
		if (events.firstTokenAt === 0 && rest.includes('"answer.delta"')) events.firstTokenAt = performance.now();
		const ended = /"type":"run\.ended","state":"(\w+)"|"state":"(\w+)"[^\n]*"type":"run\.ended"/.exec(rest);
		if (ended) {
			events.endedAt = performance.now();
			events.state = ended[1] ?? ended[2] ?? "";
		}
		rest = rest.slice(rest.lastIndexOf("\n") + 1);
	}
	if (events.state !== "succeeded" || events.firstTokenAt === 0)
		throw new Error(`A run ended ${events.state || "never"}`);
	return events;
}

/** A kept connection may be closed by the server just as it is used again. */
async function patientFetch(url: string, init: RequestInit): Promise<Response> {
	try {
		return await fetch(url, init);
	} catch (error) {
		if (error instanceof TypeError) return fetch(url, init);
		throw error;
	}
}

export async function askDirectly(url: string): Promise<number> {
	const started = performance.now();
	const response = await fetch(`${url}/chat/completions`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "Hello" }] }),
	});
	let firstAt = 0;
	for await (const _ of response.body ?? []) firstAt ||= performance.now();
	return firstAt - started;
}

export type Took = { firstMs: number; allMs: number };

/** So many runs, always as many at once; how long each took to its first words and to its end, in ms. */
export async function askMany(
	count: number,
	atOnce: number,
	askOne: (place: number, n: number) => Promise<Events>,
): Promise<Took[]> {
	let left = count;
	const took: Took[] = [];
	const loop = async (_: unknown, place: number) => {
		while (left > 0) {
			left -= 1;
			const started = performance.now();
			const { firstTokenAt, endedAt } = await askOne(place, left);
			took.push({ firstMs: firstTokenAt - started, allMs: endedAt - started });
		}
	};
	await Promise.all(Array.from({ length: atOnce }, loop));
	return took;
}
