// `npm run conformance -- vectors`: holds every store of vectors to one suite; with QDRANT_URL set, a real Qdrant too.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { node24 } from "./node.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const suites = { vectors: ["server/knowledge/vectors/conformance.test.ts", "server/knowledge/vectors/qdrant"] };

const [name] = process.argv.slice(2);
const files = Object.hasOwn(suites, name ?? "") ? suites[name] : null;
if (!files) {
	console.error(`Say what is to be held to its suite: there are ${Object.keys(suites).join(", ")}.`);
	process.exit(1);
}
if (name === "vectors" && !process.env.QDRANT_URL)
	console.log("QDRANT_URL is not set: Qdrant's half is held to a stand-in.");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const child = spawn(node24(root), [vitest, "run", "--project", "main", ...files], { cwd: root, stdio: "inherit" });
const [code] = await once(child, "exit");
process.exit(code ?? 1);
