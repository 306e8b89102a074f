import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AddAddress,
	AddDocument,
	AddedDocument,
	AddText,
	Collection,
	CollectionChange,
	CollectionPage,
	CreateCollection,
	Deleted,
	Document,
	DocumentPage,
	DocumentText,
	EmbeddedTexts,
	EmbedTexts,
	Indexing,
	ListCollections,
	ListDocuments,
	OneCollection,
	OneDocument,
	OpenedDocument,
	ReadDocument,
	Reindex,
	Search,
	SearchResult,
	StartReindex,
	SteerDocuments,
	Steered,
	UpdateCollection,
	UpdateDocument,
	Upload,
	WatchCollection,
} from "./contract";
import { CollectionDuplicates, CollectionHealth } from "./contract/health";
import {
	addAddress,
	addDocument,
	addText,
	cancelReindex,
	createCollection,
	deleteCollection,
	deleteDocument,
	embedForCaller,
	getCollection,
	getDocument,
	getDuplicates,
	getHealth,
	getIndexing,
	listCollections,
	listDocuments,
	openDocument,
	readDocument,
	reindexCollection,
	retryDocument,
	searchKnowledge,
	steerDocuments,
	storeUpload,
	tellDeletedCollection,
	tellDeletedDocument,
	updateCollection,
	updateDocument,
	versionOfCollection,
	versionOfDocument,
	watchCollection,
} from "./service";

export const knowledgeRouter = router({
	listCollections: procedure("knowledge:read", {
		rest: "GET /collections",
		summary: "List the collections of documents that the caller may read.",
		risk: "read",
		tool: "List the collections of documents that can be searched, with what each is about.",
	})
		.input(ListCollections)
		.output(CollectionPage)
		.query(({ ctx, input }) => listCollections(ctx, input)),

	getCollection: procedure("knowledge:read", {
		revision: "revision",
		rest: "GET /collections/{collectionId}",
		summary: "Get a collection.",
		risk: "read",
	})
		.input(OneCollection)
		.output(Collection)
		.query(
			({ ctx, input }) => getCollection(ctx, input),
			({ ctx, input }) => versionOfCollection(ctx, input),
		),

	createCollection: procedure("knowledge:write", {
		rest: "POST /collections",
		summary: "Make a collection.",
		created: "/collections/{id}",
		risk: "write",
	})
		.input(CreateCollection)
		.output(Collection)
		.mutation(({ ctx, input }) => createCollection(ctx, input)),

	updateCollection: procedure("knowledge:write", {
		revision: "basedOn",
		rest: "PATCH /collections/{collectionId}",
		summary: "Change a collection's name, description or access.",
		risk: "write",
	})
		.input(UpdateCollection)
		.output(Collection)
		.mutation(({ ctx, input }) => updateCollection(ctx, input)),

	deleteCollection: procedure("knowledge:write", {
		rest: "DELETE /collections/{collectionId}",
		summary: "Delete a collection with all its documents.",
		tool: "Delete a collection with all its documents, for good. Name the collection by its id.",
		risk: "danger",
	})
		.input(OneCollection)
		.output(Deleted)
		.mutation(
			({ ctx, input }) => deleteCollection(ctx, input),
			({ ctx, input }) => tellDeletedCollection(ctx, input),
		),

	getIndexing: procedure("knowledge:read", {
		rest: "GET /collections/{collectionId}/index",
		summary: "Get how a collection's index is made, what it could be made with, and how far a new one is.",
		risk: "read",
	})
		.input(OneCollection)
		.output(Indexing)
		.query(({ ctx, input }) => getIndexing(ctx, input)),

	reindexCollection: procedure("knowledge:write", {
		rest: "POST /collections/{collectionId}/index",
		summary: "Make a collection's index anew beside the one that is searched, and switch to it when it is whole.",
		accepted: "/collections/{collectionId}/index",
		risk: "write",
		limit: "heavy",
	})
		.input(StartReindex)
		.output(Reindex)
		.mutation(({ ctx, input }) => reindexCollection(ctx, input)),

	cancelReindex: procedure("knowledge:write", {
		rest: "POST /collections/{collectionId}/index/cancel",
		summary: "Give up the index that is being made; the one that is searched stays.",
		risk: "write",
	})
		.input(OneCollection)
		.output(Reindex)
		.mutation(({ ctx, input }) => cancelReindex(ctx, input)),

	watchCollection: procedure("knowledge:read", {
		rest: "GET /collections/{collectionId}/changes",
		summary: "Follow the documents of a collection while they are read in.",
		risk: "read",
		limit: "stream",
	})
		.input(WatchCollection)
		.output(CollectionChange)
		.subscription(({ ctx, input }) => watchCollection(ctx, input)),

	upload: procedure("knowledge:write", {
		rest: "POST /uploads",
		summary: "Bring the bytes of a file; adding it to a collection is the next call.",
		risk: "write",
		limit: "heavy",
	}).upload(Upload, ({ ctx, input }) => storeUpload(ctx, input)),

	addDocument: procedure("knowledge:write", {
		rest: "POST /collections/{collectionId}/documents",
		summary: "Add an uploaded file to a collection; it is read in afterwards.",
		created: "/documents/{document.id}",
		risk: "write",
		limit: "heavy",
	})
		.input(AddDocument)
		.output(AddedDocument)
		.mutation(({ ctx, input }) => addDocument(ctx, input)),

	addText: procedure("knowledge:write", {
		rest: "POST /collections/{collectionId}/texts",
		summary: "Add a text to a collection as a document; it is read in afterwards.",
		created: "/documents/{document.id}",
		risk: "write",
		limit: "heavy",
	})
		.input(AddText)
		.output(AddedDocument)
		.mutation(({ ctx, input }) => addText(ctx, input)),

	addAddress: procedure("knowledge:write", {
		rest: "POST /collections/{collectionId}/addresses",
		summary:
			"Add a web page, a file or a sitemap to a collection by its address; it is fetched and read in afterwards.",
		created: "/documents/{document.id}",
		risk: "write",
		limit: "heavy",
	})
		.input(AddAddress)
		.output(AddedDocument)
		.mutation(({ ctx, input }) => addAddress(ctx, input)),

	listDocuments: procedure("knowledge:read", {
		rest: "GET /collections/{collectionId}/documents",
		summary: "List the documents of a collection.",
		risk: "read",
		tool: "List the documents of one collection, newest first, with whether each is ready to be searched.",
	})
		.input(ListDocuments)
		.output(DocumentPage)
		.query(({ ctx, input }) => listDocuments(ctx, input)),

	getDocument: procedure("knowledge:read", {
		rest: "GET /documents/{documentId}",
		summary: "Get a document: what it is, and how far its reading has come.",
		risk: "read",
	})
		.input(OneDocument)
		.output(Document)
		.query(
			({ ctx, input }) => getDocument(ctx, input),
			({ ctx, input }) => versionOfDocument(ctx, input),
		),

	readDocument: procedure("knowledge:read", {
		rest: "GET /documents/{documentId}/text",
		summary: "Read one page of a document's text.",
		risk: "read",
		tool: "Read one page of a document's text, such as the page around a passage that search found.",
	})
		.input(ReadDocument)
		.output(DocumentText)
		.query(
			({ ctx, input }) => readDocument(ctx, input),
			({ ctx, input }) => versionOfDocument(ctx, input),
		),

	/** Its bytes go out at /api/documents/{documentId}/file, where this decides. */
	openDocument: procedure("knowledge:read", { risk: "read" })
		.input(OneDocument)
		.output(OpenedDocument)
		.query(({ ctx, input }) => openDocument(ctx, input)),

	updateDocument: procedure("knowledge:write", {
		rest: "PATCH /documents/{documentId}",
		summary: "Change a document's name, its own fields, or whether it is kept from who reads its collection.",
		risk: "write",
	})
		.input(UpdateDocument)
		.output(Document)
		.mutation(({ ctx, input }) => updateDocument(ctx, input)),

	retryDocument: procedure("knowledge:write", {
		rest: "POST /documents/{documentId}/retry",
		summary: "Try again to read a document that failed.",
		accepted: "/documents/{id}",
		risk: "write",
		limit: "heavy",
	})
		.input(OneDocument)
		.output(Document)
		.mutation(({ ctx, input }) => retryDocument(ctx, input)),

	steerDocuments: procedure("knowledge:write", {
		rest: "POST /collections/{collectionId}/steer",
		summary: "Pause, resume, cancel or retry the reading of documents, of some or of all in a collection.",
		risk: "write",
	})
		.input(SteerDocuments)
		.output(Steered)
		.mutation(({ ctx, input }) => steerDocuments(ctx, input)),

	deleteDocument: procedure("knowledge:write", {
		rest: "DELETE /documents/{documentId}",
		summary: "Delete a document.",
		tool: "Delete a document, for good. Name the document by its id.",
		risk: "danger",
	})
		.input(OneDocument)
		.output(Deleted)
		.mutation(
			({ ctx, input }) => deleteDocument(ctx, input),
			({ ctx, input }) => tellDeletedDocument(ctx, input),
		),

	getHealth: procedure("knowledge:write", {
		rest: "GET /collections/{collectionId}/health",
		summary:
			"Get what in a collection wants attention: states, stale and never-found documents, questions without an answer.",
		risk: "read",
		tool: "Tell how a collection stands: its documents by state, stale ones, ones that no search ever found, and the caller's own questions that it did not answer.",
	})
		.input(OneCollection)
		.output(CollectionHealth)
		.query(({ ctx, input }) => getHealth(ctx, input)),

	getDuplicates: procedure("knowledge:write", {
		rest: "GET /collections/{collectionId}/duplicates",
		summary: "Get the pairs of documents of a collection that say nearly the same.",
		risk: "read",
		limit: "heavy",
	})
		.input(OneCollection)
		.output(CollectionDuplicates)
		.query(({ ctx, input }) => getDuplicates(ctx, input)),

	search: procedure("knowledge:read", {
		rest: "GET /passages",
		summary: "Search the documents for passages, by keywords and by meaning.",
		risk: "read",
		tool: "Search the organisation's documents for passages that help to answer a question, by keywords and by meaning. Give the question in full, in the words its answer would use. Answers with passages, each with its document and page; an empty list means that nothing fits.",
	})
		.input(Search)
		.output(SearchResult)
		.query(({ ctx, input }) => searchKnowledge(ctx, input)),

	embed: procedure("knowledge:read", { risk: "read", limit: "heavy" })
		.input(EmbedTexts)
		.output(EmbeddedTexts)
		.query(({ ctx, input }) => embedForCaller(ctx, input)),
});
