import { setTimeout as sleep } from "node:timers/promises";
import { isDatabaseAway, isDatabaseSlow } from "@/db/connection";
import { checkpointer } from "@/server/agents/checkpointer";
import { startExecutor } from "@/server/agents/executor";
import { startSealer } from "@/server/audit/chain/sealer";
import { startStreamer } from "@/server/audit/streamer";
import { writeCallers } from "@/server/core/callers";
import { database } from "@/server/core/database";
import { writeCounts } from "@/server/core/denials";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { announceWorker, beat, withdrawWorker } from "@/server/jobs/engine/presence";
import { startJobs } from "@/server/jobs/start";
import { stopEmbedding } from "@/server/knowledge/embedding";
import { readSmtp, tryOut } from "@/server/mail/smtp";
import { spanWriterOf } from "@/server/traces/writer";
import { keepCompiled, onStop } from "./child";

const beatMs = 4_000;
const db = database();

/** The database may be coming back just now: the worker waits for it instead of dying again and again. */
async function patiently<T>(what: string, work: () => Promise<T>): Promise<T> {
	for (let wait = 100; ; wait = Math.min(wait * 2, 3_000)) {
		try {
			return await work();
		} catch (error) {
			if (!isDatabaseAway(error) && !isDatabaseSlow(error)) throw error;
			log.warn({ error: String(error) }, `${what} waits`);
			await sleep(wait);
		}
	}
}

const id = await patiently("the worker", () => announceWorker(db));
const beats = setInterval(() => {
	void beat(db, id).catch((error) => log.warn({ error: String(error) }, "no heartbeat"));
	if (process.memoryUsage.rss() < env().QD_WORKER_MEMORY_MB * 2 ** 20) return;
	log.warn(
		{ rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20) },
		"the worker has grown too large and makes room for a fresh one",
	);
	process.kill(process.pid, "SIGTERM");
}, beatMs);
const sealer = startSealer({ database: db, log });
const executor = await patiently("the executor", () => startExecutor({ database: db, log, slots: env().QD_RUN_SLOTS }));
const jobs = await patiently("the job engine", () => startJobs(db, id));
const streamer = startStreamer({ database: db, log });
log.info({ worker: id }, "worker started");
void tellMailProblem();
keepCompiled();

/** A server that is away for a moment stops no start, but a wrong address or password should be known now, not at the first mail. */
async function tellMailProblem(): Promise<void> {
	const smtp = readSmtp();
	if (!smtp) return;
	await tryOut(smtp).catch((error: unknown) =>
		log.error({ err: error }, "mails can't be sent: the server of SMTP_URL does not let us in"),
	);
}

onStop(async () => {
	clearInterval(beats);
	await Promise.all([executor.stop(), jobs.stop(), streamer.stop()]);
	const spansWritten = Promise.race([spanWriterOf(db).stop(), sleep(2_500, undefined, { ref: false })]);
	await Promise.all([spansWritten, stopEmbedding()]);
	await Promise.all([writeCounts(), writeCallers()]);
	// Last, so that what the others wrote while they ended is sealed where there is time.
	await sealer.stop();
	await withdrawWorker(db, id).catch(() => {});
	await checkpointer().close();
	await db.close();
	log.info({ worker: id }, "worker stopped");
});
