/** Asks again until the answer is neither null, undefined nor false, or fails after `ms`. */
export async function until<T>(ask: () => Promise<T> | T, ms = 10_000): Promise<NonNullable<T>> {
	let last: unknown;
	for (const deadline = Date.now() + ms; Date.now() < deadline; ) {
		try {
			const answer = await ask();
			if (answer !== null && answer !== undefined && answer !== false) return answer;
			last = answer;
		} catch (error) {
			last = error;
		}
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`Not within ${ms} ms; the last answer was ${last}`, { cause: last });
}
