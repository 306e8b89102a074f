/** Which paths a source takes: a pattern a line, `!` before it leaves out, the last that fits decides. */
export function takes(include: string): (path: string) => boolean {
	const rules = include
		.split("\n")
		.map((line) => line.trim())
		.filter(Boolean)
		.map((line) => ({ isTaken: !line.startsWith("!"), parts: partsOf(line.replace(/^!/, "")) }));
	// Where all only leave out, the rest is taken.
	const otherwise = !rules.some(({ isTaken }) => isTaken);
	return (path) => {
		const parts = path.split("/");
		return rules.findLast((rule) => fits(rule.parts, parts, fitsPart, "**"))?.isTaken ?? otherwise;
	};
}

/** Without a slash it is a file's name, wherever that lies; with one at its end, all that lies below. */
function partsOf(pattern: string): string[] {
	const path = pattern.replace(/^\/+/, "").replace(/\/$/, "/**");
	return (path.includes("/") ? path : `**/${path}`).split("/");
}

const fitsPart = (pattern: string, text: string): boolean =>
	fits([...pattern], [...text], (one, other) => one === "?" || one === other, "*");

/** `star` stands for any number of items. Goes back to the last star only, so that no pattern takes long. */
function fits(
	pattern: string[],
	items: string[],
	isSame: (one: string, other: string) => boolean,
	star: string,
): boolean {
	let [p, i, lastStar, after] = [0, 0, -1, 0];
	while (i < items.length) {
		const [one, item] = [pattern[p], items[i] ?? ""];
		if (one === star) {
			lastStar = p++;
			after = i;
		} else if (one !== undefined && isSame(one, item)) {
			p++;
			i++;
		} else if (lastStar >= 0) {
			p = lastStar + 1;
			i = ++after;
		} else return false;
	}
	return pattern.slice(p).every((one) => one === star);
}
