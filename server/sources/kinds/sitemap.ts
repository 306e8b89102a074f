import { AppError } from "@/server/core/errors";
import { sitemapType } from "@/server/knowledge/contract";
import { fetchPage, readSitemapLinks } from "@/server/knowledge/service";
import { takes } from "../patterns";
import { FileProblem, type Found, type Kind, type Listing, type Outcome, type Reach, SourceProblem } from "./kind";

const mostPages = 1_000;
const mostSitemaps = 50;

/** Those who say why a page can't be read write it for whoever asked for it. */
const isTold = (error: unknown): error is Error =>
	error instanceof AppError || (error instanceof Error && error.name === "UnreadableFile");

async function linksOf(address: string, signal: AbortSignal | undefined): Promise<string[]> {
	try {
		const page = await fetchPage(address, null, signal);
		if (page?.mediaType !== sitemapType)
			throw new SourceProblem("The address answered with something that is no sitemap.");
		return await readSitemapLinks(page.body, signal);
	} catch (error) {
		if (isTold(error)) throw new SourceProblem(error.message, { cause: error });
		throw error;
	}
}

/** The pages of its own site, also those of the sitemaps that it lists. */
async function list({ source, signal }: Reach): Promise<Listing> {
	const { host } = new URL(source.address);
	const isTaken = takes(source.include);
	const pages = new Set<string>();
	let skipped = 0;
	let sitemaps = 0;
	const waiting = [{ address: source.address, depth: 0 }];
	for (const { address, depth } of waiting) {
		for (const link of await linksOf(address, signal)) {
			const url = URL.parse(link);
			if (url) url.hash = "";
			if (!url || url.host !== host || url.href.length > 1000) skipped++;
			else if (url.pathname.endsWith(".xml") && depth === 0) {
				if (++sitemaps > mostSitemaps)
					return { ...found(), incomplete: `It lists more than ${mostSitemaps} sitemaps.` };
				waiting.push({ address: url.href, depth: 1 });
			} else if (!isTaken(decoded(url.pathname).slice(1))) skipped++;
			else if (pages.size >= mostPages && !pages.has(url.href))
				return { ...found(), incomplete: `It lists more than ${mostPages} pages.` };
			else pages.add(url.href);
		}
	}
	return { ...found(), incomplete: null };

	function found() {
		return { files: [...pages].map((path): Found => ({ path, mark: null })), skipped };
	}
}

function decoded(path: string): string {
	try {
		return decodeURI(path);
	} catch {
		return path;
	}
}

async function readPage({ signal }: Reach, path: string, known: string | null): Promise<Outcome> {
	try {
		const page = await fetchPage(path, known, signal);
		return page && { bytes: page.body, mediaType: page.mediaType, mark: page.mark, name: page.name };
	} catch (error) {
		if (!isTold(error)) throw error;
		const isAway = error instanceof Error && error.cause instanceof AppError;
		return new FileProblem(`${error.message} Look at the page, or leave it out by a pattern.`, isAway, {
			cause: error,
		});
	}
}

export const sitemap: Kind = {
	list,
	read: async (reach, wanted, take) => {
		for (const file of wanted) {
			reach.signal?.throwIfAborted();
			if (!(await take(file, await readPage(reach, file.path, file.known)))) return;
		}
	},
	tell: (_, path) => path,
};
