import { hash, verify } from "@node-rs/argon2";

// OWASP's first choice by memory; one at a time, as each takes 46 MiB and a core.
const cost = { memoryCost: 47_104, timeCost: 1, parallelism: 1 } as const;

let queue: Promise<unknown> = Promise.resolve();
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
	const next = queue.then(work, work);
	queue = next.catch(() => {});
	return next;
}

export const hashPassword = (password: string): Promise<string> => oneAtATime(() => hash(password, cost));

let dummy: Promise<string> | undefined;
/** Does the same work whether or not there is a hash to compare with, so that time tells nothing about an account. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
	dummy ??= hashPassword("nobody has this password");
	const against = passwordHash ?? (await dummy);
	const isRight = await oneAtATime(() => verify(against, password));
	return isRight && passwordHash !== null;
}
