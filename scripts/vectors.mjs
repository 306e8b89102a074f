// `npm run vectors`: brings the vectors that PostgreSQL holds into Qdrant (QDRANT_URL), and says how far it is. Stopped, it goes on where it was.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { node24 } from "./node.mjs";
import { describe } from "./problem.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
try {
	process.chdir(root);
	if (existsSync(".env")) process.loadEnvFile(".env");
	await build(root);
	const child = spawn(node24(root), [join(root, "dist", "vectors.mjs")], { stdio: "inherit" });
	for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => child.kill(signal));
	const [code] = await once(child, "exit");
	process.exitCode = code ?? 1;
} catch (error) {
	console.error(describe(error));
	process.exitCode = 1;
}
