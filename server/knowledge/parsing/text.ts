/** Control characters but for line feed and tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** What nobody sees and a model reads: soft hyphen, zero-width, bidi and tag characters, variation selectors, fillers. */
const invisible = /\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]/gu;
const ligatures = /[\ufb00-\ufb06]/g;
const loneSurrogates = /\p{Cs}/gu;

/** Text as it may be stored, shown and given to a model: composed, without control, invisible or broken characters. */
export function cleanText(text: string): string {
	return text
		.replace(/\r\n?|\u2028|\u2029|\u0085/g, "\n")
		.replace(loneSurrogates, "")
		.replace(controls, "")
		.replace(invisible, "")
		.replace(ligatures, (ligature) => ligature.normalize("NFKC"))
		.normalize("NFC")
		.replace(/[^\S\n]+/g, " ")
		.replace(/ ?\n ?/g, "\n")
		.replace(/\n{3,}/g, "\n\n")
		.trim();
}

/** The same on one line: a heading, a cell, a name. */
export const cleanLine = (text: string): string => cleanText(text).replace(/\n+/g, " ");
