/** What a spreadsheet may take for the beginning of a formula, also behind blanks and signs that nobody sees. */
const dangerous = /^[\s\p{Cf}\p{Cc}]*[=+\-@]|^[\t\r\n]/u;

/** One cell: always quoted (RFC 4180), and with a `'` before what a spreadsheet would calculate or call. */
function csvCell(value: string | number | null): string {
	if (typeof value === "number") return `"${value}"`;
	const text = (value ?? "").replaceAll("\0", "").toWellFormed();
	// Full-width signs are folded by some spreadsheets, so they are by the check.
	const safe = dangerous.test(text.normalize("NFKC")) ? `'${text}` : text;
	return `"${safe.replaceAll('"', '""')}"`;
}

/** One line with its end. */
export const csvLine = (cells: readonly (string | number | null)[]): string => `${cells.map(csvCell).join(",")}\r\n`;
