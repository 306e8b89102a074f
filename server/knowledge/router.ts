import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AddDocument,
	AddedDocument,
	Collection,
	CollectionChange,
	CollectionPage,
	CreateCollection,
	Deleted,
	Document,
	DocumentPage,
	DocumentText,
	ListCollections,
	ListDocuments,
	OneCollection,
	OneDocument,
	ReadDocument,
	Search,
	SearchResult,
	UpdateCollection,
	Upload,
	WatchCollection,
} from "./contract";
import {
	addDocument,
	createCollection,
	deleteCollection,
	deleteDocument,
	getCollection,
	listCollections,
	listDocuments,
	readDocument,
	retryDocument,
	searchKnowledge,
	storeUpload,
	updateCollection,
	watchCollection,
} from "./service";

export const knowledgeRouter = router({
	listCollections: procedure("knowledge:read", {
		risk: "read",
		tool: "List the collections of documents that can be searched, with what each is about.",
	})
		.input(ListCollections)
		.output(CollectionPage)
		.query(({ ctx, input }) => listCollections(ctx, input)),

	getCollection: procedure("knowledge:read", { risk: "read" })
		.input(OneCollection)
		.output(Collection)
		.query(({ ctx, input }) => getCollection(ctx, input)),

	createCollection: procedure("knowledge:write", { risk: "write" })
		.input(CreateCollection)
		.output(Collection)
		.mutation(({ ctx, input }) => createCollection(ctx, input)),

	updateCollection: procedure("knowledge:write", { risk: "write" })
		.input(UpdateCollection)
		.output(Collection)
		.mutation(({ ctx, input }) => updateCollection(ctx, input)),

	deleteCollection: procedure("knowledge:write", { risk: "danger" })
		.input(OneCollection)
		.output(Deleted)
		.mutation(({ ctx, input }) => deleteCollection(ctx, input)),

	watchCollection: procedure("knowledge:read", { risk: "read", limit: "stream" })
		.input(WatchCollection)
		.output(CollectionChange)
		.subscription(({ ctx, input }) => watchCollection(ctx, input)),

	upload: procedure("knowledge:write", { risk: "write", limit: "heavy" }).upload(Upload, ({ ctx, input }) =>
		storeUpload(ctx, input),
	),

	addDocument: procedure("knowledge:write", { risk: "write", limit: "heavy" })
		.input(AddDocument)
		.output(AddedDocument)
		.mutation(({ ctx, input }) => addDocument(ctx, input)),

	listDocuments: procedure("knowledge:read", {
		risk: "read",
		tool: "List the documents of one collection, newest first, with whether each is ready to be searched.",
	})
		.input(ListDocuments)
		.output(DocumentPage)
		.query(({ ctx, input }) => listDocuments(ctx, input)),

	readDocument: procedure("knowledge:read", {
		risk: "read",
		tool: "Read one page of a document's text, such as the page around a passage that search found.",
	})
		.input(ReadDocument)
		.output(DocumentText)
		.query(({ ctx, input }) => readDocument(ctx, input)),

	retryDocument: procedure("knowledge:write", { risk: "write", limit: "heavy" })
		.input(OneDocument)
		.output(Document)
		.mutation(({ ctx, input }) => retryDocument(ctx, input)),

	deleteDocument: procedure("knowledge:write", { risk: "danger" })
		.input(OneDocument)
		.output(Deleted)
		.mutation(({ ctx, input }) => deleteDocument(ctx, input)),

	search: procedure("knowledge:read", {
		risk: "read",
		tool: "Search the organisation's documents for passages that help to answer a question, by keywords and by meaning. Give the question in full, in the words its answer would use. Answers with passages, each with its document and page; an empty list means that nothing fits.",
	})
		.input(Search)
		.output(SearchResult)
		.query(({ ctx, input }) => searchKnowledge(ctx, input)),
});
