import { meaningfulWords } from "@/server/models/words";

const setOf = (words: string) => new Set(words.split(" "));
const articles = setOf("a an the der die das ein eine einen");
/** They change nothing of what is asked. All other words have to be the same, and in the same order. */
const fillers = setOf("please kindly just do does is are am hi hello thanks thank bitte");
const politeness =
	/^(?:(?:can|could|would) you (?:please )?tell me|please tell me|tell me|do you know|i(?: would|'d) like to know)\b[\s,:]*/iu;

/**
 * A question without what changes nothing of it: case, punctuation, endings of words, articles, politeness. What turns it round
 * stays: numbers, names, negations, who and when and must and may, and the order of all of them.
 */
export function wordingOf(question: string): string {
	const plain = question.normalize("NFKC").replaceAll("’", "'").trim().replace(politeness, "");
	const words = plain.match(/\p{N}+(?:[.,:/-]\p{N}+)*|[\p{L}\p{N}]+(?:'\p{L}+)?|[%€$£<>=+-]/gu) ?? [];
	const isNot = (set: ReadonlySet<string>) => (word: string) => !set.has(word.toLowerCase());
	const kept = withoutOf(words.filter(isNot(articles))).filter(isNot(fillers));
	return kept.map(wordOf).join(" ");
}

/** Letters in capitals are a name of their own: "US" is not "us". */
function wordOf(word: string): string {
	if (/\p{N}/u.test(word) || /\p{Lu}.*\p{Lu}/u.test(word)) return word;
	const lower = word.toLowerCase();
	if (/n't$|^cannot$/.test(lower)) return negated[lower] ?? `${lower.slice(0, -3)} not`;
	const [short] = meaningfulWords(lower.replace(/'.*$/, ""));
	const owner = /'s$/.test(lower) ? "'s" : "";
	return `${short ?? lower.replace(/'.*$/, "")}${owner}`;
}

const negated: Record<string, string> = {
	"can't": "can not",
	cannot: "can not",
	"won't": "will not",
	"shan't": "shall not",
};

/** "days of annual leave" are "annual leave days". */
function withoutOf(words: string[]): string[] {
	const at = words.lastIndexOf("of");
	const before = words[at - 1];
	if (at < 1 || before === undefined) return words;
	const after = words.slice(at + 1);
	const ends = after.findIndex((word) => meaningfulWords(word).length === 0);
	const owner = ends < 0 ? after : after.slice(0, ends);
	const rest = ends < 0 ? [] : after.slice(ends);
	if (owner.length === 0) return words;
	return withoutOf([...words.slice(0, at - 1), ...owner, before, ...rest]);
}

/** The question as it was asked, whatever spaces are in it. */
export const sameWords = (question: string): string => question.normalize("NFC").replace(/\s+/gu, " ").trim();
