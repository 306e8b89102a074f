// Finds the programs that tests need beyond npm, or installs them where it may.

import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Problem } from "./problem.mjs";
import { run } from "./run.mjs";

const wanted = {
	chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
	"redis-server": ["redis-server"],
};

function onPath(name) {
	for (const folder of (process.env.PATH ?? "").split(delimiter)) {
		const file = join(folder, name);
		try {
			accessSync(file, constants.X_OK);
			return file;
		} catch {
			// Not in this one.
		}
	}
	return null;
}

const missing = () => Object.entries(wanted).flatMap(([tool, names]) => (names.some(onPath) ? [] : [tool]));

/** The browser's file. */
export const chromium = () => wanted.chromium.map(onPath).find((file) => file !== null) ?? null;

/** Leaves nothing missing, or says in one line what is. */
export async function expectTools() {
	const tools = missing();
	if (tools.length === 0) return "";
	const isDebian = existsSync("/etc/debian_version") && onPath("apt-get");
	if (process.getuid?.() !== 0 || !isDebian) throw lacking(tools, "install them, or run as root on Debian or Ubuntu");
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const apt = async (...words) => (await run("apt-get", ["-qq", ...words], { env })).code === 0;
	const isDone = (await apt("update")) && (await apt("install", "-y", "--no-install-recommends", ...tools));
	if (!isDone || missing().length > 0)
		throw lacking(missing(), `\`apt-get install ${tools.join(" ")}\` did not bring them`);
	return `installed ${tools.join(", ")}`;
}

const lacking = (tools, how) => new Problem(`The tests need ${tools.join(" and ")} on the PATH: ${how}.`);
