const loopbacks = new Set(["localhost", "127.0.0.1", "[::1]"]);
const longest = 2_000;

/** Why an address can't be one that people are sent back to; null where it can. */
export function redirectProblem(text: string): string | null {
	const url = URL.parse(text);
	if (!url || text.length > longest) return "is not a web address such as https://example.org/callback";
	if (text.includes("#")) return "must not have a # in it";
	if (url.username || url.password) return "must not hold a name or password";
	if (text.includes("*")) return "must be one address, without a *";
	if (url.protocol === "https:") return null;
	if (url.protocol === "http:" && loopbacks.has(url.hostname)) return null;
	return "must begin with https://, or with http://127.0.0.1 or http://localhost for a program on the person's own machine";
}

/**
 * Whether people may be sent there: letter by letter one of the registered addresses. On the person's own machine the port is
 * free (RFC 8252, 7.3): a program takes whichever it gets.
 */
export const isRegistered = (asked: string, registered: readonly string[]): boolean =>
	registered.includes(asked) ||
	(redirectProblem(asked) === null && registered.some((one) => isSameButPort(asked, one)));

function isSameButPort(asked: string, registered: string): boolean {
	const [one, other] = [URL.parse(asked), URL.parse(registered)];
	if (!one || !other || one.protocol !== "http:" || !loopbacks.has(one.hostname)) return false;
	const rest = ({ protocol, hostname, pathname, search }: URL) => [protocol, hostname, pathname, search].join(" ");
	return rest(one) === rest(other);
}

/** Where people are sent back to, with what the program is told there. */
export function redirectTo(address: string, answer: Record<string, string | undefined>): string {
	const url = new URL(address);
	for (const [name, value] of Object.entries(answer)) if (value !== undefined) url.searchParams.set(name, value);
	return url.href;
}
