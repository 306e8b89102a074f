import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** An account of the machine to run a program as. */
export type Account = { uid: number; gid: number };

/** Whom PostgreSQL runs as: null for ourselves. It refuses to run as root, so root lends it an account without rights. */
export function postgresAccount(): Account | null {
	if (process.getuid?.() !== 0) return null;
	return namedAccount("quarterdeck") ?? namedAccount("postgres") ?? madeAccount() ?? namedAccount("nobody");
}

function namedAccount(name: string): Account | null {
	const line = readFileSync("/etc/passwd", "utf8")
		.split("\n")
		.find((entry) => entry.startsWith(`${name}:`));
	const [, , uid, gid] = line?.split(":") ?? [];
	return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null;
}

function madeAccount(): Account | null {
	try {
		execFileSync(
			"useradd",
			["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "quarterdeck"],
			{
				stdio: "ignore",
			},
		);
	} catch {
		return null;
	}
	return namedAccount("quarterdeck");
}

/** Whether the account may enter the folder, which asks the same of every folder above it. */
export async function mayEnter(folder: string, account: Account | null): Promise<boolean> {
	if (!account) return true;
	for (let at = resolve(folder); ; at = dirname(at)) {
		const { mode, uid, gid } = await stat(at);
		const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
		if (!(mode & bit)) return false;
		if (at === dirname(at)) return true;
	}
}
