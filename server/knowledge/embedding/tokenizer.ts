import { readFileSync } from "node:fs";
import { z } from "zod";

const TokenizerFile = z.object({ model: z.object({ vocab: z.record(z.string(), z.int()) }) });
const longestWord = 100;

/** Turns a text into at most `limit` token ids, begin and end marks included. */
export type Tokenizer = (text: string, limit: number) => number[];

/** BERT's uncased WordPiece: accents off, lower case, punctuation apart, the longest known piece first. */
export function readTokenizer(path: string): Tokenizer {
	const vocabulary = new Map(Object.entries(TokenizerFile.parse(JSON.parse(readFileSync(path, "utf8"))).model.vocab));
	const id = (token: string): number => {
		const found = vocabulary.get(token);
		if (found === undefined) throw new Error(`The embedding model's vocabulary lacks ${token}`);
		return found;
	};
	const [unknown, start, end] = [id("[UNK]"), id("[CLS]"), id("[SEP]")];

	const pieces = (word: string): number[] => {
		if (word.length > longestWord) return [unknown];
		const ids: number[] = [];
		for (let from = 0; from < word.length; ) {
			const [to, piece] = longestPiece(vocabulary, word, from);
			if (piece === undefined) return [unknown];
			ids.push(piece);
			from = to;
		}
		return ids;
	};

	return (text, limit) => {
		const ids = [start];
		for (const [word] of normalize(text).matchAll(wordOrMark)) {
			if (ids.length >= limit - 1) break;
			ids.push(...pieces(word));
		}
		ids.length = Math.min(ids.length, limit - 1);
		ids.push(end);
		return ids;
	};
}

function longestPiece(vocabulary: Map<string, number>, word: string, from: number): [number, number | undefined] {
	for (let to = word.length; to > from; to--) {
		const known = vocabulary.get((from ? "##" : "") + word.slice(from, to));
		if (known !== undefined) return [to, known];
	}
	return [from, undefined];
}

const wordOrMark = /[!-/:-@[-`{-~\p{P}]|[^\s!-/:-@[-`{-~\p{P}]+/gu;
const ideograph = /[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff]/g;

const normalize = (text: string) =>
	text
		.normalize("NFD")
		.replace(/\p{Mn}/gu, "")
		.toLowerCase()
		.replace(/[\p{Cc}\p{Cf}\ufffd]/gu, (mark) => (/[\t\n\r]/.test(mark) ? " " : ""))
		.replace(ideograph, " $& ");
