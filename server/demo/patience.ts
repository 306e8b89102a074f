/** Asks again until there is an answer; null where there is none within `ms`. */
export async function waitFor<T>(ms: number, ask: () => Promise<T | null>): Promise<T | null> {
	for (const deadline = performance.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 150))) {
		const answer = await ask();
		if (answer !== null || performance.now() > deadline) return answer;
	}
}
