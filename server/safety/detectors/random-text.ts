/** Bits a letter, by how often each stands in the text. */
export function entropyOf(text: string): number {
	const counts = new Map<string, number>();
	for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
	let bits = 0;
	for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
	return bits;
}

const vowelled = /[aeiouy]/i;
/** Whether a text was drawn rather than written: figures among letters, or letters that no word has in that order. */
export function looksDrawn(text: string, leastBits: number): boolean {
	if (entropyOf(text) < leastBits) return false;
	if (/^\d{4}-\d\d-\d\d/.test(text) || /^v?\d+(\.\d+){1,4}$/.test(text)) return false;
	if (/^\d+$/.test(text)) return text.length >= 14;
	const changes = text.match(/\d(?=[A-Za-z])|[A-Za-z](?=\d)/g)?.length ?? 0;
	if (changes >= 2) return true;
	const parts = text.split(/[^A-Za-z]+/).filter((part) => part.length >= 5);
	return parts.some((part) => longestRun(part) >= 6 || caseChanges(part) >= 4);
}

/** The longest run of letters without a vowel. */
function longestRun(text: string): number {
	let longest = 0;
	let run = 0;
	for (const letter of text) {
		run = vowelled.test(letter) ? 0 : run + 1;
		longest = Math.max(longest, run);
	}
	return longest;
}

const caseChanges = (text: string): number => text.match(/[a-z](?=[A-Z])|[A-Z]{2}(?=[a-z])/g)?.length ?? 0;
