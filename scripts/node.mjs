// Finds the Node that the packages bring, whatever the machine has.

import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "./problem.mjs";

/** Node 24 from the packages; where they have none for this machine, the machine's own, if it is new enough. */
export function node24(root) {
	const packaged = join(root, "node_modules", ".bin", "node");
	if (existsSync(packaged)) return realpathSync(packaged);
	if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
	throw new Problem(
		`Node ${process.versions.node} is too old on this kind of machine: install Node 24 from nodejs.org, then start again.`,
	);
}
