import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { AppError } from "@/server/core/errors";

// OWASP's first choice by memory: 46 MiB and a core for a tenth of a second.
const cost = { memoryCost: 47_104, timeCost: 1, parallelism: 1 } as const;
const prefix = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`;

/** Half of the cores at most, so that a crowd at the door leaves room for those inside. */
const lanes = Math.max(1, Math.floor(availableParallelism() / 2));
const mostWaiting = 200;
const waiting: (() => void)[] = [];
let busy = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	if (busy < lanes) busy++;
	else if (waiting.length < mostWaiting) await new Promise<void>((resolve) => waiting.push(resolve));
	else
		throw new AppError("UNAVAILABLE", "Too many people are signing in just now. Try again in a moment.", {
			retryAfterSeconds: 10,
		});
	try {
		return await work();
	} finally {
		// Whoever waited longest takes over the lane.
		const next = waiting.shift();
		if (next) next();
		else busy--;
	}
}

/** The same characters, however a keyboard puts them together; nothing else about a password is changed. */
const normal = (password: string): string => password.normalize("NFC");

export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(normal(password), cost));

let dummy: Promise<string> | undefined;
/** Does the same work whether or not there is a hash to compare with, so that time tells nothing about an account. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
	dummy ??= hashPassword("nobody has this password");
	const against = passwordHash ?? (await dummy);
	const isRight = await inTurn(() => verify(against, normal(password)));
	return isRight && passwordHash !== null;
}

/** Whether a hash was made at another cost than today's: the next right password is hashed anew. */
export const isOutdated = (passwordHash: string): boolean => !passwordHash.startsWith(prefix);
