import { sealNext } from "@/server/audit/chain/seal";
import { database } from "@/server/core/database";

// A sealer and nothing else, for tests that kill it.
process.send?.("started");
for (;;) if ((await sealNext(database())) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
