// Makes the demo's PDF and DOCX files from their Markdown in server/demo/sources. Run it after changing one, and commit both.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { marked } from "marked";
import { writeDocx } from "./demo-documents/docx.mjs";
import { writePdf } from "./demo-documents/pdf.mjs";

const demo = join(dirname(dirname(fileURLToPath(import.meta.url))), "server", "demo");
const writers = { pdf: writePdf, docx: writeDocx };

/** Where each source goes, below server/demo/content. */
export const targets = {
	"security-incident-response.md": "it-and-security/security-incident-response.pdf",
	"daily-engine-checks.md": "ferry-operations/daily-engine-checks.pdf",
	"crew-rotation-and-leave.md": "staff-handbook/crew-rotation-and-leave.pdf",
	"fire-and-abandon-ship-drills.md": "ferry-operations/fire-and-abandon-ship-drills.docx",
	"purchasing-limits.md": "facilities/purchasing-limits.docx",
	"travel-and-expenses.md": "staff-handbook/travel-and-expenses.docx",
};

/** The same bytes at each run, so that a test can tell whether the committed file is fresh. */
export async function makeDocument(source) {
	const tokens = marked.lexer(await readFile(join(demo, "sources", source), "utf8"));
	const title = plain(tokens.find(({ type }) => type === "heading")?.text ?? source);
	const kind = targets[source].split(".").at(-1);
	return writers[kind](title, tokens.flatMap(blocksOf));
}

/** The little of Markdown that the sources use, as blocks of plain text. */
function blocksOf(token) {
	switch (token.type) {
		case "heading":
			return [{ kind: "heading", level: token.depth, text: plain(token.text) }];
		case "paragraph":
			return [{ kind: "paragraph", text: plain(token.text) }];
		case "list":
			return [{ kind: "list", isOrdered: token.ordered, items: token.items.map(({ text }) => plain(text)) }];
		case "table": {
			const cells = (row) => row.map(({ text }) => plain(text));
			return [{ kind: "table", head: cells(token.header), rows: token.rows.map(cells) }];
		}
		case "space":
			return [];
		default:
			throw new Error(`The sources may not use ${token.type}: teach it to scripts/demo-documents first.`);
	}
}

const plain = (text) =>
	text
		.replace(/\s+/g, " ")
		.replace(/\*{1,2}([^*]+)\*{1,2}/g, "$1")
		.replace(/&amp;/g, "&");

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	for (const [source, target] of Object.entries(targets)) {
		const file = join(demo, "content", target);
		const bytes = await makeDocument(source);
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, bytes);
		console.log(`${target}  ${Math.ceil(bytes.length / 1024)} kB`);
	}
}
