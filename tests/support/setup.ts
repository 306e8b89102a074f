import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, inject, vi } from "vitest";
import { Env } from "@/server/core/env";
import { dropTestDatabases } from "./database";

// What the machine happens to have set must not reach a test.
for (const name of Object.keys(Env.shape)) delete process.env[name];
process.env.QD_AUTH_SECRET = inject("authSecret");
process.env.QD_DATA = join(inject("temporary"), `data-${process.pid}-${Date.now()}`);
process.env.QD_LOG_LEVEL = "error";
mkdirSync(process.env.QD_DATA, { recursive: true });

afterAll(async () => {
	await dropTestDatabases();
	// Its threads hold the model.
	await (globalThis as { quarterdeckEmbedder?: { stop?: () => Promise<void> } }).quarterdeckEmbedder?.stop?.();
	// The next file of this process begins with modules and globals of ours that remember nothing; only packages stay loaded.
	vi.resetModules();
	for (const name of Object.keys(globalThis))
		if (name.startsWith("quarterdeck")) Reflect.deleteProperty(globalThis, name);
});
