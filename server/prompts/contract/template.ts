/** What a prompt's text is made of. There is no logic in it: words, variables, and other prompts. */
export type Piece =
	| { kind: "text"; text: string }
	| { kind: "variable"; name: string }
	| { kind: "prompt"; name: string; label: string | null; version: number | null };
export type Reference = Extract<Piece, { kind: "prompt" }>;

/** A text that can't be read or put together, in words for whoever wrote it. */
export class TemplateFault extends Error {
	override readonly name = "TemplateFault";
}

export const variableName = /^[a-z][A-Za-z0-9_]{0,39}$/;
export const labelName = /^[a-z][a-z0-9-]{0,39}$/;
/** The label that is meant where a text names none, and by which prompts are published. */
export const published = "production";
/** Deepest that prompts stand within each other, and most of them in one text. */
export const deepest = 5;
const mostIncluded = 100;
/** Most characters that a text comes to once it is put together. */
export const longestRendered = 60_000;

/** `{{name}}` is a variable, `{{> Prompt@label}}` or `{{> Prompt@3}}` another prompt, `\{{` the braces themselves. Throws a TemplateFault. */
export function parseTemplate(body: string): Piece[] {
	const pieces: Piece[] = [];
	let text = "";
	let at = 0;
	for (let open = body.indexOf("{{"); open >= 0; open = body.indexOf("{{", at)) {
		if (open > at && body[open - 1] === "\\") {
			text += `${body.slice(at, open - 1)}{{`;
			at = open + 2;
			continue;
		}
		const line = body.slice(0, open).split("\n").length;
		const close = body.indexOf("}}", open + 2);
		if (close < 0)
			throw new TemplateFault(`Line ${line}: “{{” is never closed. Write “\\{{” for the braces themselves.`);
		text += body.slice(at, open);
		if (text !== "") pieces.push({ kind: "text", text });
		text = "";
		pieces.push(readTag(body.slice(open + 2, close).trim(), line));
		at = close + 2;
	}
	text += body.slice(at);
	if (text !== "") pieces.push({ kind: "text", text });
	return pieces;
}

function readTag(tag: string, line: number): Piece {
	if (tag.startsWith(">")) return readReference(tag.slice(1).trim(), line);
	if (variableName.test(tag)) return { kind: "variable", name: tag };
	throw new TemplateFault(
		`Line ${line}: “{{${tag.slice(0, 60)}}}” is no variable: its name begins with a small letter and has letters, digits and _. Write “\\{{” for the braces themselves.`,
	);
}

function readReference(reference: string, line: number): Reference {
	const mark = reference.lastIndexOf("@");
	const name = (mark < 0 ? reference : reference.slice(0, mark)).trim();
	const by = mark < 0 ? published : reference.slice(mark + 1).trim();
	if (name === "" || name.length > 80)
		throw new TemplateFault(`Line ${line}: “{{> …}}” names no prompt: write it as “{{> Name@production}}”.`);
	if (/^[1-9]\d{0,8}$/.test(by)) return { kind: "prompt", name, label: null, version: Number(by) };
	if (labelName.test(by)) return { kind: "prompt", name, label: by, version: null };
	throw new TemplateFault(`Line ${line}: “${by.slice(0, 60)}” is neither a label nor a version of ${name}.`);
}

const once = <Value>(values: Value[]): Value[] => [...new Set(values)];
/** The variables that a text itself names, in order. */
export const variablesIn = (pieces: readonly Piece[]): string[] =>
	once(pieces.flatMap((piece) => (piece.kind === "variable" ? [piece.name] : [])));

/**
 * Puts a text together. Values and parts are set in as they are and never read as a template again: whatever stands in a value
 * is text. Throws a TemplateFault.
 */
export function renderTemplate(
	body: string,
	{ values, partOf }: { values: ReadonlyMap<string, string>; partOf: (reference: Reference) => RenderedFrom },
): string {
	const left = { characters: longestRendered, parts: mostIncluded };
	const write = (text: string, find: RenderedFrom["partOf"], depth: number): string =>
		parseTemplate(text)
			.map((piece) => {
				if (piece.kind === "prompt") {
					left.parts -= 1;
					if (depth >= deepest || left.parts < 0) throw new TemplateFault("It is put together of too many prompts.");
					const part = find(piece);
					return write(part.body, part.partOf, depth + 1);
				}
				const said = piece.kind === "text" ? piece.text : values.get(piece.name);
				if (said === undefined) throw new TemplateFault(`The variable ${nameOf(piece)} has no value.`);
				left.characters -= said.length;
				if (left.characters < 0)
					throw new TemplateFault(
						`Put together, it is longer than ${longestRendered.toLocaleString("en")} characters.`,
					);
				return said;
			})
			.join("");
	return write(body, partOf, 0);
}
const nameOf = (piece: Piece): string => (piece.kind === "text" ? "" : piece.name);

/** A part's own text, and where its parts are found in turn. */
export type RenderedFrom = { body: string; partOf: (reference: Reference) => RenderedFrom };
