import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corpus } from "@/tests/support/corpora";
import { masked, maskSecrets, maskText } from "./mask";

type Rule = { rule: string; regex_re2: string; entropy: number | null };

const own: Rule[] = [
	{ rule: "github-pat", regex_re2: "ghp_[0-9a-zA-Z]{36}", entropy: 3 },
	{ rule: "npm-access-token", regex_re2: "(?i)\\b(npm_[a-z0-9]{36})", entropy: 2 },
	{ rule: "gcp-api-key", regex_re2: "\\b(AIza[\\w-]{35})", entropy: 4 },
	{ rule: "slack-legacy-bot-token", regex_re2: "xoxb-[0-9]{8,14}-[a-zA-Z0-9]{18,26}", entropy: 2 },
	{ rule: "acme-secret", regex_re2: "(?i)acme[_-]?secret ?= ?'([a-z0-9]{24})'", entropy: 3 },
];

/** What is public by itself, looks like the name of any commit, or is any text at all behind a certain word. */
const isPublic = ({ rule }: Rule) => /client-id|pub-key|sourcegraph|curl-auth-user|freemius/.test(rule);

/** RE2 as JavaScript has it, without what stands around the secret: where a word ends, what follows it. */
function toPattern({ regex_re2: text }: Rule): RegExp | null {
	const source = text
		.replaceAll(/\(\?-i:/g, "(?:")
		.replaceAll(/\(\?i:/g, "(?:")
		.replaceAll("(?i)", "")
		.replaceAll("[[:alnum:]]", "[a-zA-Z0-9]")
		.replaceAll("\\b", "")
		// Signs are rare in what is drawn; here they would be every second letter.
		.replaceAll("\\w", "a-zA-Z0-9")
		.replaceAll(/\[[^\]]*[a-z]-[z][^\]]*\]/g, (one) => one.replaceAll(/\\[-_=/.]/g, "").replace(/[_=+/.-]+\]$/, "]"))
		.replace(/\(\?:\[\\x60[^\]]*\][^)]*\$(\|)?\)$/, "");
	try {
		const pattern = new RegExp(source);
		// Not every word of a pattern can be turned round.
		fc.sample(fc.stringMatching(pattern), 1);
		return pattern;
	} catch {
		return null;
	}
}

const entropyOf = (text: string): number => {
	const counts = new Map<string, number>();
	for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
	return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
};

/** Secrets that the rule finds, as random as real ones, each with the text that it stands in. */
function samplesOf(rule: Rule): { text: string; secret: string }[] {
	const pattern = toPattern(rule);
	if (!pattern) return [];
	return fc
		.sample(fc.stringMatching(pattern), { numRuns: 60, seed: 7 })
		.flatMap((text) => {
			const found = pattern.exec(text);
			const secret = found?.slice(1).findLast((part) => part !== undefined && part.length >= 8) ?? found?.[0] ?? "";
			return entropyOf(secret) >= Math.max(rule.entropy ?? 0, 3) && /\d/.test(secret) ? [{ text, secret }] : [];
		})
		.slice(0, 10);
}

const rules = corpus<Rule>("secret_rules", own).filter((rule) => !isPublic(rule));

test("what the rules of secret scanners find is masked, wherever it stands in a text", () => {
	const missed: string[] = [];
	let all = 0;
	const seen = new Set<string>();
	for (const rule of rules)
		for (const { text, secret } of samplesOf(rule)) {
			seen.add(rule.rule);
			const kept = JSON.stringify(maskSecrets({ note: `We saw ${text} in there.` }));
			all += 1;
			if (kept.includes(JSON.stringify(secret).slice(1, -1))) missed.push(`${rule.rule}: ${secret.slice(0, 80)}`);
		}
	expect(seen.size).toBeGreaterThan(rules.length * 0.8);
	// What is drawn by chance may look like a word.
	expect(missed.length / all, JSON.stringify(missed.slice(0, 40), null, 1)).toBeLessThan(0.03);
});

describe("what is no secret stays as it is", () => {
	test.each([
		"0b1c2d3e-4f50-4a61-8b72-9c83ad94be05",
		"Run 0b1c2d3e-4f50-4a61-8b72-9c83ad94be05 of thread 7c83ad94-4f50-4a61-8b72-9c83ad94be05",
		"model: gpt-4o-mini-2024-07-18",
		"claude-sonnet-4-20250514",
		"report-2026-q3-final-v2.pdf",
		"Quarterly figures, 2026-11-25T18:46:43.000Z",
		"It has rights that you don't hold yourself: users:write, roles:write, sessions:manage.",
		"knowledge/document.added, version 3 = version 4",
		"https://example.org/reports/2026/november?page=12",
		"2001:db8:85a3:8d3:1319:8a2e:370:7348",
		"name: Handbook2026 of the office",
	])("%s", (text) => {
		expect(maskText(text)).toBe(text);
	});

	test("and what is counted, though its name sounds like one", () => {
		expect(maskSecrets({ tokensPerDay: 5, hasPassword: true, keyId: "abc", password: "abc" })).toEqual({
			tokensPerDay: 5,
			hasPassword: true,
			keyId: "abc",
			password: masked,
		});
	});
});
