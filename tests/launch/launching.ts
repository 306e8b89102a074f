import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, inject } from "vitest";
import { type Product, processes, type StartOptions, startProduct } from "@/tests/support/product";

export const isAlive = (pid: number): boolean => processes().some((one) => one.pid === pid);
/** Processes whose command names the folder. */
export const leftIn = (folder: string) => processes().filter(({ command }) => command.includes(folder));

/** Gives each test of a file a data folder, and ends what it started whatever became of it. */
export function launching() {
	let folder = "";
	const started: { product: Product; pids: Set<number> }[] = [];

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), "quarterdeck-launch-"));
	});
	afterEach(async () => {
		for (const { product, pids } of started.splice(0)) {
			for (const pid of Object.values(product.pids())) pids.add(pid);
			for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
		}
		for (const { pid } of leftIn(folder)) process.kill(pid, "SIGKILL");
		await rm(folder, { recursive: true, force: true });
	});

	/** Starts the copy of the project that these tests have. */
	async function start(options: Partial<StartOptions> = {}): Promise<Product> {
		const product = await startProduct({ data: folder, root: inject("project"), ...options });
		const pids = new Set<number>();
		started.push({ product, pids });
		// Who outlives its launcher is known only from before.
		void product.ready.then(
			() => {
				for (const pid of Object.values(product.pids())) pids.add(pid);
			},
			() => {},
		);
		return product;
	}

	let begun = "";
	/** Fills the test's data folder as a first start leaves it once it has ended. One start serves the whole file. */
	async function begin(): Promise<void> {
		if (!begun) {
			begun = await mkdtemp(join(tmpdir(), "quarterdeck-begun-"));
			const product = await start({ data: begun });
			await product.ready;
			await product.stop();
		}
		execFileSync("cp", [process.platform === "linux" ? "-a" : "-pR", `${begun}/.`, folder]);
	}
	afterAll(async () => {
		if (begun) await rm(begun, { recursive: true, force: true });
	});
	return { start, begin, data: () => folder };
}
