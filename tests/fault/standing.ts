import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "@/db/connection";
import { freePort } from "@/server/launch/postgres/cluster";
import { type Client, connect } from "@/tests/support/client";
import { answers, type Product, processes, startProduct } from "@/tests/support/product";
import { productDatabase } from "@/tests/support/product-database";

export type PartName = "launcher" | "web" | "worker" | "postgres";

const owner = { name: "Olive Owner", email: "olive@example.test", password: "the owner's long password" };

/** A product that is started again on the same data and port, however it ended. */
export class Standing {
	private now: Product | null = null;

	private constructor(
		private readonly data: string,
		private readonly port: number,
		private readonly env: Record<string, string>,
	) {}

	static async make(env: Record<string, string>): Promise<Standing> {
		return new Standing(await mkdtemp(join(tmpdir(), "quarterdeck-fault-")), await freePort(), env);
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	/** Starts it and waits until it says that it is ready; resolves with the one-time code while there is no owner. */
	async start(): Promise<string | null> {
		this.now = await startProduct({ data: this.data, port: this.port, env: this.env });
		return (await this.now.ready).setupCode;
	}

	async makeOwner(code: string | null): Promise<Client> {
		const stranger = await connect(this.url);
		await stranger.api.auth.createOwner.mutate({ code: code ?? "", ...owner });
		return connect(this.url, owner);
	}

	/** Ends a part without warning; one that is down already is left so. */
	kill(part: PartName): void {
		const pid = this.now?.pids()[part];
		if (pid) process.kill(pid, "SIGKILL");
	}

	get isUp(): boolean {
		return this.now?.child.exitCode === null && this.now.child.signalCode === null;
	}

	async isReady(): Promise<boolean> {
		return this.now !== null && answers(this.now);
	}

	/** Its own database, for looking at what is stored. */
	database(): Promise<Database> {
		return productDatabase({ data: this.data });
	}

	/** Parsers of ours that outlived their worker: nobody would ever end them. */
	orphans(): string[] {
		const worker = this.now?.pids().worker;
		const isOrphan = ({ command, parent }: { command: string; parent: number }) =>
			command.includes(join(this.data, "files")) && parent !== worker;
		return processes()
			.filter(isOrphan)
			.map(({ command }) => command.slice(0, 200));
	}

	/** Files that somebody who is gone has left half-written: the next upload removes them. */
	async halfFiles(): Promise<string[]> {
		const living = new Set(processes().map(({ pid }) => pid));
		const names = await readdir(join(this.data, "files", "tmp"));
		return names.filter((name) => !living.has(Number(name.split(".")[0])));
	}

	async remove(): Promise<void> {
		if (this.isUp) await this.now?.stop();
		await rm(this.data, { recursive: true, force: true });
	}
}
