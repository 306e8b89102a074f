export {
	holdManaged as holdManagedCollection,
	isThere as isCollectionThere,
	mayManage as mayManageCollection,
	mayReadDocument,
	notifyCollection,
	raiseVersion,
} from "./access";
export { addAddress } from "./add-address";
export { addDocument } from "./add-document";
export { addText } from "./add-text";
export {
	createCollection,
	deleteCollection,
	getCollection,
	listCollections,
	tellDeletedCollection,
	updateCollection,
	versionOfCollection,
} from "./collections";
export { versionOfDocument } from "./document-row";
export {
	deleteDocument,
	getDocument,
	listDocuments,
	openDocument,
	readDocument,
	tellDeletedDocument,
	unreadableDocuments,
	updateDocument,
} from "./documents";
export { embedForCaller } from "./embed-texts";
export { getHealth } from "./health";
export { getDuplicates } from "./health/duplicates";
export { chunkDocument } from "./ingest/chunk-document";
export { embedChunks } from "./ingest/embed-chunks";
export { failDocument } from "./ingest/fail-document";
export { fetchPage } from "./ingest/fetch-address";
export { indexDocument } from "./ingest/index-document";
export { endRecognition, parseDocument, recognisePages } from "./ingest/parse-document";
export { publishVectors } from "./ingest/publish-vectors";
export { listDoomed, purgeDocument, sweepKnowledge } from "./ingest/purge";
export { findUploader } from "./ingest/uploader";
export { cancelReindex, failReindex } from "./reindex/end";
export { getIndexing } from "./reindex/read";
export { removeIndex } from "./reindex/retire";
export { reindexCollection } from "./reindex/start";
export { switchIndex } from "./reindex/switch";
export { findRefusal, workReindex } from "./reindex/work";
export { retryDocument } from "./retry-document";
export { searchKnowledge } from "./search";
export { questionVector, scopeMark } from "./search/mark";
export { steerDocuments } from "./steer-documents";
export { putSynced, readableType, readSitemapLinks, removeSynced, storeBytes } from "./synced";
export { storeUpload } from "./upload";
export { moveToIndexBeside, tellVectorIndex } from "./vector-index";
export { watchCollection } from "./watch";
export { type Pictures, readWholeDocument, type WholeDocument } from "./whole-document";
