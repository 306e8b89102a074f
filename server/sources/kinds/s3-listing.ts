import { SaxesParser } from "saxes";
import { SourceProblem } from "./kind";

type Listed = { key: string; mark: string; size: number };

/** The answer to ListObjectsV2: a stranger's XML, so without a DOCTYPE and no deeper than it is. */
export function readListing(body: Buffer): { objects: Listed[]; next: string | null } {
	const objects: Listed[] = [];
	const path: string[] = [];
	let one: Record<string, string> = {};
	let next = "";
	let isMore = "";
	const strange = (cause?: unknown): never => {
		throw new SourceProblem("The store answered with something that is no list of objects. Look at the endpoint.", {
			cause,
		});
	};
	const parser = new SaxesParser({ xmlns: false, position: false });
	parser.on("error", strange);
	parser.on("doctype", () => strange());
	parser.on("opentag", ({ name }) => {
		path.push(name);
		if (path.length > 6) strange();
		if (path.join("/") === "ListBucketResult/Contents") one = {};
	});
	parser.on("text", (text) => {
		const at = path.join("/");
		const last = path.at(-1) ?? "";
		if (at === "ListBucketResult/NextContinuationToken") next += text;
		else if (at === "ListBucketResult/IsTruncated") isMore += text;
		else if (path.length === 3 && path[1] === "Contents") one[last] = (one[last] ?? "") + text;
	});
	parser.on("closetag", () => {
		if (path.join("/") === "ListBucketResult/Contents" && one.Key)
			objects.push({ key: one.Key, mark: (one.ETag ?? "").replaceAll('"', ""), size: Number(one.Size ?? 0) });
		path.pop();
	});
	parser.write(body.toString("utf8").replace(/^\ufeff/, "")).close();
	if (!body.includes("ListBucketResult")) strange();
	return { objects, next: isMore.trim() === "true" && next ? next : null };
}
