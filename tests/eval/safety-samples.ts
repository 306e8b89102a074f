/** Draws texts that fit an expression in RE2's syntax, as far as rules for secrets use it. The same seed draws the same. */
export function sampler(seed: number): (expression: string) => string {
	let state = seed >>> 0;
	const random = (below: number): number => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
	return (expression) => new Drawing(expression, random).draw();
}

const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const figures = "0123456789";
const word = `${lower}${upper}${figures}_`;
const printable = `${lower}${upper}${figures}-_.=/+`;
const classes: Record<string, string> = { d: figures, w: word, s: " ", S: printable, D: lower, W: "-" };
const named: Record<string, string> = {
	"[:alnum:]": `${lower}${upper}${figures}`,
	"[:alpha:]": `${lower}${upper}`,
	"[:digit:]": figures,
	"[:xdigit:]": `${figures}abcdef`,
};
/** So often at most, where an expression sets no end or a far one. */
const mostMore = 6;

class Drawing {
	private at = 0;
	constructor(
		private readonly text: string,
		private readonly random: (below: number) => number,
	) {}

	draw(): string {
		return this.either()();
	}

	private pick<Item>(items: readonly Item[] | string): Item | string {
		return items[this.random(items.length)] ?? "";
	}

	private either(): () => string {
		const ways = [this.sequence()];
		while (this.text[this.at] === "|") {
			this.at += 1;
			ways.push(this.sequence());
		}
		return () => (ways[this.random(ways.length)] ?? (() => ""))();
	}

	private sequence(): () => string {
		const parts: (() => string)[] = [];
		while (this.at < this.text.length && !"|)".includes(this.text[this.at] ?? "")) {
			const one = this.atom();
			const [least, most] = this.times();
			parts.push(() => {
				const count = least + this.random(Math.min(most - least, mostMore) + 1);
				return Array.from({ length: count }, one).join("");
			});
		}
		return () => parts.map((part) => part()).join("");
	}

	private times(): [number, number] {
		const rest = this.text.slice(this.at);
		const found = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(rest);
		if (!found) return [1, 1];
		this.at += found[0].length;
		const [sign, from, comma, to] = found;
		if (sign.startsWith("*")) return [0, mostMore];
		if (sign.startsWith("+")) return [1, mostMore];
		if (sign.startsWith("?")) return [0, 1];
		const least = Number(from);
		return [least, comma ? (to ? Number(to) : least + mostMore) : least];
	}

	private atom(): () => string {
		const letter = this.text[this.at] ?? "";
		this.at += 1;
		if (letter === "(") return this.group();
		if (letter === "[") {
			const set = this.set();
			return () => String(this.pick(set));
		}
		if (letter === "\\") return this.escape();
		if (letter === ".") return () => String(this.pick(lower));
		if (letter === "^" || letter === "$") return () => "";
		return () => letter;
	}

	private group(): () => string {
		const flags = /^\?(?:P?<[^>]*>|[a-z-]*:|[a-z-]*\))/i.exec(this.text.slice(this.at));
		if (flags) this.at += flags[0].length;
		// Flags for what follows are no group.
		if (flags?.[0].endsWith(")")) return () => "";
		const inner = this.either();
		this.at += 1;
		return inner;
	}

	private escape(): () => string {
		const letter = this.text[this.at] ?? "";
		this.at += 1;
		if (letter === "b" || letter === "B" || letter === "A" || letter === "z") return () => "";
		if (letter === "x") return this.code();
		if (letter === "n") return () => "\n";
		if (letter === "r" || letter === "t") return () => " ";
		const set = classes[letter];
		return set ? () => String(this.pick(set)) : () => letter;
	}

	private code(): () => string {
		const found = /^[0-9a-fA-F]{2}/.exec(this.text.slice(this.at));
		this.at += 2;
		const letter = String.fromCharCode(Number.parseInt(found?.[0] ?? "20", 16));
		return () => letter;
	}

	private set(): string {
		let set = "";
		const isNot = this.text[this.at] === "^";
		if (isNot) this.at += 1;
		for (let isFirst = true; this.text[this.at] !== "]" || isFirst; isFirst = false) {
			const name = Object.keys(named).find((one) => this.text.startsWith(one, this.at));
			if (name) {
				set += named[name];
				this.at += name.length;
				continue;
			}
			const from = this.setLetter();
			const isRange = this.text[this.at] === "-" && this.text[this.at + 1] !== "]" && from.length === 1;
			if (!isRange) {
				set += from;
				continue;
			}
			this.at += 1;
			const to = this.setLetter();
			for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1) set += String.fromCharCode(code);
		}
		this.at += 1;
		return isNot ? [...printable].filter((letter) => !set.includes(letter)).join("") : set;
	}

	private setLetter(): string {
		const letter = this.text[this.at] ?? "";
		this.at += 1;
		if (letter !== "\\") return letter;
		const escaped = this.text[this.at] ?? "";
		this.at += 1;
		if (escaped === "x") return this.code()();
		return classes[escaped] ?? { n: "\n", r: "\r", t: "\t" }[escaped] ?? escaped;
	}
}
