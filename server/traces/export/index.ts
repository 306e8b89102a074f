import type { NotedSpan } from "@/server/core/spans";
import { toLangsmith } from "./langsmith";
import { toOtlp } from "./otlp";
import { ExportQueue } from "./queue";
import { exportTargets } from "./targets";

const encoders = { otlp: toOtlp, langsmith: toLangsmith };

/** Hands spans that were written to where the environment has them sent to. Nobody waits for it. */
export function openExports(): { add: (spans: readonly NotedSpan[]) => void; stop: () => Promise<void> } {
	const queues = exportTargets().map((target) => new ExportQueue(target, encoders[target.to]));
	return {
		add: (spans) => {
			for (const queue of queues) queue.add(spans);
		},
		stop: async () => {
			await Promise.all(queues.map((queue) => queue.stop()));
		},
	};
}
