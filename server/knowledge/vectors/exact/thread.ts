import { parentPort } from "node:worker_threads";
import { scan } from "./scan";
import type { Reply, Task } from "./scanner";

/** Comparing with a hundred thousand vectors takes tens of milliseconds: here nobody waits for them but who asked. */
const port = parentPort;
port?.on("message", ({ id, rows, query, most }: Task) => {
	port.postMessage({ id, nearest: scan(rows, query, most) } satisfies Reply);
});
