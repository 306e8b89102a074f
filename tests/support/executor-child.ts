import { startExecutor } from "@/server/agents/executor";
import { database } from "@/server/core/database";
import { log } from "@/server/core/log";
import { finds } from "./passages";

// A worker with nothing but the executor, for tests that kill it. Its model is the environment's.
await startExecutor({ database: database(), log, slots: 8, search: finds(), unreadable: async () => [] });
process.send?.("started");
