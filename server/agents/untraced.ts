import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { keepTracingOurs } from "@/server/core/env";

/** Where LangGraph looks for the configuration of the step that is running, as `interrupt()` does. */
const configKey = Symbol.for("lc:child_config");

/**
 * LangChain makes a trace of each call of a graph's step, which is thrown away where nobody collects it, as here, where runs
 * have their own events. Making it takes a tenth of what a run costs; the step's configuration is all that is needed of it.
 */
export function leaveOutTraces(): void {
	keepTracingOurs();
	AsyncLocalStorageProviderSingleton.runWithConfig = function runWithConfig<T>(config: unknown, callback: () => T): T {
		return this.getInstance().run({ extra: { [configKey]: config } } as never, callback) as T;
	};
}
