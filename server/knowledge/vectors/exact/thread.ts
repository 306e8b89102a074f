import { parentPort } from "node:worker_threads";
import { threadStepsBack } from "@/server/core/step-back";
import { scan } from "./scan";
import type { Reply, Task } from "./scanner";

/** Comparing with a hundred thousand vectors takes tens of milliseconds: here nobody waits for them but who asked. */
threadStepsBack("computing");
const port = parentPort;
port?.on("message", ({ id, rows, query, most }: Task) => {
	port.postMessage({ id, nearest: scan(rows, query, most) } satisfies Reply);
});
