import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { ZodError } from "zod";
import { describeEnvProblem, type Env, env } from "@/server/core/env";
import type { LaunchOptions } from "./options";
import { LaunchProblem } from "./problem";
import { Product } from "./product";

/** Starts everything in order, keeps it alive, and ends it in the reverse order on SIGINT, SIGTERM or SIGHUP. */
export async function launch(options: LaunchOptions): Promise<void> {
	const product = new Product(options, readEnvironment());
	const isParentGone = parentWatch(options.isUnderNpm);
	endOnSignals(product, isParentGone);
	// A terminal that was closed takes no more words; that must not keep us from ending in order.
	for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
	options.onRunning({
		url: product.url,
		isEnding: () => product.isEnding || isParentGone(),
		restartWorker: () => product.restartWorker(),
	});
	try {
		const setupCode = await product.start();
		console.log(`\n  Quarterdeck is ready at ${product.url}`);
		if (setupCode) console.log(`  Make the owner's account there with this one-time code:  ${setupCode}`);
		console.log(`  Logs: ${relative(options.root, product.logs)}. Ctrl-C stops it.\n`);
	} catch (error) {
		// A start that was interrupted fails in one way or another; that is no news.
		if (product.isEnding) return;
		await product.stop();
		throw error;
	}
}

function readEnvironment(): Env {
	try {
		return env();
	} catch (error) {
		if (!(error instanceof ZodError)) throw error;
		throw new LaunchProblem(`${describeEnvProblem(error)}: mend or unset it; .env.example lists every variable.`);
	}
}

/** npm itself may be killed; what it started then ends too. Who started us without npm may go away. */
function parentWatch(isUnderNpm: boolean): () => boolean {
	if (!isUnderNpm) return () => false;
	const first = npmAncestry();
	return () => npmAncestry() !== first;
}

/** Our parent and, where that is only the shell which npm runs a script in, its parent too. */
function npmAncestry(): string {
	try {
		const isShell = readFileSync(`/proc/${process.ppid}/cmdline`, "utf8").includes("start.mjs");
		const stat = isShell ? readFileSync(`/proc/${process.ppid}/stat`, "utf8") : "";
		return `${process.ppid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? ""}`;
	} catch {
		return `${process.ppid}`;
	}
}

function endOnSignals(product: Product, isParentGone: () => boolean): void {
	let firstAt: number | null = null;
	let isKilled = false;
	const end = () => {
		// One Ctrl-C arrives twice: from the terminal and from npm.
		if (firstAt !== null && performance.now() - firstAt < 700) return;
		if (firstAt !== null) {
			// What was to end in order ends with it, and must not say that it did.
			isKilled = true;
			return void product.kill().finally(() => process.exit(1));
		}
		firstAt = performance.now();
		console.log("\n  Stopping…");
		void product.stop().finally(() => isKilled || process.exit(0));
	};
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
	setInterval(() => isParentGone() && firstAt === null && end(), 1_000).unref();
}
