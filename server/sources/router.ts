import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AddSource,
	ChangeSource,
	ListProblems,
	ListSources,
	ListSyncs,
	NoInput,
	OneSource,
	ProblemPage,
	RemovedSource,
	RemoveSource,
	Source,
	SourceFolders,
	SourcePage,
	SyncPage,
} from "./contract";
import {
	addSource,
	changeSource,
	getFolders,
	getSource,
	listProblems,
	listSources,
	listSyncs,
	removeSource,
	syncNow,
} from "./service";

export const sourcesRouter = router({
	list: procedure("knowledge:write", {
		rest: "GET /collections/{collectionId}/sources",
		summary: "List the sources that a collection follows, with how each was last synced.",
		risk: "read",
		tool: "List where a collection's documents come from by themselves, with when each source was last synced and what went wrong.",
	})
		.input(ListSources)
		.output(SourcePage)
		.query(({ ctx, input }) => listSources(ctx, input)),

	get: procedure("knowledge:write", {
		revision: "revision",
		rest: "GET /sources/{sourceId}",
		summary: "Get a source.",
		risk: "read",
	})
		.input(OneSource)
		.output(Source)
		.query(({ ctx, input }) => getSource(ctx, input)),

	add: procedure("sources:manage", {
		rest: "POST /collections/{collectionId}/sources",
		summary: "Let a collection follow a folder of the server, a Git repository, a bucket or a sitemap.",
		created: "/sources/{id}",
		risk: "write",
		limit: "heavy",
	})
		.input(AddSource)
		.output(Source)
		.mutation(({ ctx, input }) => addSource(ctx, input)),

	change: procedure("sources:manage", {
		revision: "basedOn",
		rest: "PATCH /sources/{sourceId}",
		summary: "Change or pause a source. It works for whoever changed it last.",
		risk: "write",
		limit: "heavy",
	})
		.input(ChangeSource)
		.output(Source)
		.mutation(({ ctx, input }) => changeSource(ctx, input)),

	sync: procedure("sources:manage", {
		rest: "POST /sources/{sourceId}/sync",
		summary: "Sync a source now.",
		accepted: "/sources/{id}",
		risk: "write",
		limit: "heavy",
		tool: "Sync a source now: bring what is new or changed there, remove what is gone. Name the source by its id.",
	})
		.input(OneSource)
		.output(Source)
		.mutation(({ ctx, input }) => syncNow(ctx, input)),

	remove: procedure("sources:manage", {
		rest: "DELETE /sources/{sourceId}",
		summary: "Delete a source; its documents stay, or go with it.",
		risk: "write",
	})
		.input(RemoveSource)
		.output(RemovedSource)
		.mutation(({ ctx, input }) => removeSource(ctx, input)),

	listSyncs: procedure("knowledge:write", {
		rest: "GET /sources/{sourceId}/syncs",
		summary: "List a source's syncs, newest first.",
		risk: "read",
	})
		.input(ListSyncs)
		.output(SyncPage)
		.query(({ ctx, input }) => listSyncs(ctx, input)),

	listProblems: procedure("knowledge:write", {
		rest: "GET /sources/{sourceId}/problems",
		summary: "List the files of a source that could not be taken, each with what to do.",
		risk: "read",
	})
		.input(ListProblems)
		.output(ProblemPage)
		.query(({ ctx, input }) => listProblems(ctx, input)),

	getFolders: procedure("sources:manage", {
		rest: "GET /source-folders",
		summary: "Get the folders of the server that sources may read.",
		risk: "read",
	})
		.input(NoInput)
		.output(SourceFolders)
		.query(() => getFolders()),
});
