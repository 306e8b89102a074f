import { ErrorCode, McpError, type ReadResourceResult, type Resource } from "@modelcontextprotocol/sdk/types.js";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";

const scheme = "quarterdeck://";
const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const address = new RegExp(`^${scheme}(collections|documents)/(${uuid})$`);

export const templates = [
	{
		uriTemplate: `${scheme}collections/{collectionId}`,
		name: "collection",
		title: "A collection",
		description: "What a collection is about, and the documents in it.",
		mimeType: "application/json",
	},
	{
		uriTemplate: `${scheme}documents/{documentId}`,
		name: "document",
		title: "A document",
		description: "A document's text, page by page.",
		mimeType: "text/plain",
	},
];

/** The collections that the caller may read; the documents of one are named when it is read. */
export async function listResources(
	ctx: RequestContext,
	cursor: string | undefined,
): Promise<{ resources: Resource[]; nextCursor?: string }> {
	const page = await createCaller(ctx).knowledge.listCollections({ limit: 100, ...(cursor ? { cursor } : {}) });
	const resources = page.rows.map(({ id, name, description, documentCount }) => ({
		uri: `${scheme}collections/${id}`,
		name,
		description: description || `${documentCount} documents`,
		mimeType: "application/json",
	}));
	return { resources, ...(page.next ? { nextCursor: page.next } : {}) };
}

const mostPages = 200;

export async function readResource(ctx: RequestContext, uri: string): Promise<ReadResourceResult> {
	const [, kind, id = ""] = address.exec(uri) ?? [];
	const api = createCaller(ctx).knowledge;
	if (kind === "collections") {
		const [collection, documents] = await Promise.all([
			api.getCollection({ collectionId: id }),
			api.listDocuments({ collectionId: id, limit: 200 }),
		]);
		const listed = documents.rows.map((one) => ({
			uri: `${scheme}documents/${one.id}`,
			name: one.name,
			state: one.state,
		}));
		const facts = { name: collection.name, description: collection.description, documents: listed };
		return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify(facts) }] };
	}
	if (kind === "documents") {
		const pages: string[] = [];
		for (let page = 1; page <= mostPages; page++) {
			const read = await api.readDocument({ documentId: id, page });
			pages.push(read.text);
			if (page >= (read.document.pageCount ?? 1)) break;
		}
		return { contents: [{ uri, mimeType: "text/plain", text: pages.join("\n\f\n") }] };
	}
	throw new McpError(
		ErrorCode.InvalidParams,
		"There is no such resource. Read a collection's or a document's address.",
	);
}
