import { startStreamer } from "@/server/audit/streamer";
import { database } from "@/server/core/database";
import { log } from "@/server/core/log";

// A worker with nothing but the streaming of the audit, for tests that kill it.
const policy = { isPrivateAllowed: true, resolve: async () => ["127.0.0.1"] };
startStreamer({ database: database(), log, policy });
process.send?.("started");
