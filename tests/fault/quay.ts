import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { until } from "@/tests/support";
import type { Client } from "@/tests/support/client";
import type { Random } from "./random";

const mostFiles = 5;
/** Each other than the one before, so that the next index is cut otherwise. */
const sizes = [500, 1_000, 700];

/** A collection that follows a folder of a few files, and whose index is made anew again and again. */
export class Quay {
	private readonly texts = new Map<string, string>();
	private accepted = { syncId: "", isWhole: false, indexNos: [] as number[] };
	private isTurningOver = false;

	private constructor(
		private readonly client: Client,
		private readonly folder: string,
		readonly collectionId: string,
		private readonly sourceId: string,
	) {}

	static async make(client: Client, folder: string): Promise<Quay> {
		await mkdir(folder, { recursive: true });
		const { id } = await client.api.knowledge.createCollection.mutate({ name: "Quay", access: "everyone" });
		const source = { collectionId: id, kind: "folder" as const, name: "Pilots", address: folder, everyMinutes: null };
		const quay = new Quay(client, folder, id, (await client.api.sources.add.mutate(source)).id);
		for (const name of ["a", "b", "c"]) await quay.write(`pilots-${name}.md`, "first");
		await quay.sync();
		await until(async () => (await quay.get()).lastRun?.state === "done", 60_000);
		return quay;
	}

	/** One file comes, one is another, and the oldest goes, whatever is under way. */
	async turnOver(edition: string, random: Random): Promise<void> {
		this.accepted.isWhole = false;
		await this.write(random.pick([...this.texts.keys()]), edition);
		await this.write(`pilots-${edition}.md`, edition);
		const [oldest] = this.texts.keys();
		if (this.texts.size <= mostFiles || !oldest) return;
		this.texts.delete(oldest);
		await rm(join(this.folder, oldest));
	}

	/** What is answered has to come to its end, with all that the folder has. */
	async sync(): Promise<void> {
		const { lastRun } = await this.client.api.sources.sync.mutate({ sourceId: this.sourceId });
		this.accepted = { ...this.accepted, syncId: lastRun?.id ?? "", isWhole: true };
	}

	async reindex(round: number): Promise<void> {
		const chunkSize = sizes[round % sizes.length] ?? 500;
		this.isTurningOver = true;
		const { no } = await this.client.api.knowledge.reindexCollection.mutate({
			collectionId: this.collectionId,
			chunkSize,
			chunkOverlap: 0,
		});
		this.accepted.indexNos.push(no);
	}

	/** Until the new index is about to be switched to, or has just been. */
	async nearSwitch(ms: number): Promise<void> {
		const isNear = async () => {
			if (!this.isTurningOver) return false;
			const { building } = await this.client.api.knowledge.getIndexing.query({ collectionId: this.collectionId });
			return building === null || building.done === building.total;
		};
		await until(() => isNear().catch(() => false), ms).catch(() => {});
		this.isTurningOver = false;
	}

	/** What was accepted and is not so, in words. */
	async violations(db: Database): Promise<string[]> {
		const { syncId, isWhole, indexNos } = this.accepted;
		const broken: string[] = [];
		const made = await db.orm.execute<{ no: number }>(sql`
			select no from reindexes where collection_id = ${this.collectionId} and state in ('live', 'replaced')`);
		const lost = indexNos.filter((no) => !made.some((one) => one.no === no));
		if (lost.length > 0) broken.push(`an index that was begun was made: ${lost}`);
		if (!isWhole) return broken;
		const [run] = await db.orm.execute<{ state: string }>(sql`select state from source_runs where id = ${syncId}`);
		if (run?.state !== "done") broken.push(`a sync that was begun is done: ${syncId} is ${run?.state}`);
		const rows = await db.orm.execute<{ path: string; sha256: string }>(sql`
			select i.path, d.sha256 from source_items i join documents d on d.id = i.document_id
			where i.source_id = ${this.sourceId} and d.deleted_at is null and d.state = 'ready'
			union all select '(no file) ' || name, sha256 from documents d where collection_id = ${this.collectionId}
			and deleted_at is null and not exists (select from source_items i where i.document_id = d.id)`);
		const there = rows.map(({ path, sha256 }) => `${path} ${sha256}`).toSorted();
		const wanted = [...this.texts].map(([path, text]) => `${path} ${hashOf(text)}`).toSorted();
		if (there.join() !== wanted.join()) broken.push(`documents are as the folder: ${there} instead of ${wanted}`);
		return broken;
	}

	/** Passages that a search gives and no file has any more. */
	async staleFinds(): Promise<string[]> {
		const query = { query: "pilot boards the ferry", collectionIds: [this.collectionId], limit: 20 };
		const { passages } = await this.client.api.knowledge.search.query(query);
		if (passages.length === 0) return ["nothing is found"];
		const all = [...this.texts.values()].join("\n");
		return this.accepted.isWhole
			? passages.map(({ text }) => text).filter((text) => !all.includes(lastLine(text)))
			: [];
	}

	private get() {
		return this.client.api.sources.get.query({ sourceId: this.sourceId });
	}

	private async write(name: string, edition: string): Promise<void> {
		const text = `# Pilots\n\n${[1, 2, 3].map((n) => paragraph(name, edition, n)).join("\n\n")}\n`;
		this.texts.set(name, text);
		await writeFile(join(this.folder, name), text);
	}
}

const paragraph = (name: string, edition: string, n: number) =>
	`Edition ${edition} of ${name}, part ${n}. The pilot boards the ferry ${n} miles before the quay and stays until its lines are made fast. ` +
	"In ice the pilot is the last to leave, and the tug waits at the head of the quay with its engine running, whatever the hour of the day. " +
	"What the pilot has seen is told to the harbour master before the next ferry comes in.";
const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? text;
const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
