import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import {
	CorrectField,
	ExportExtraction,
	ExportPiece,
	Extraction,
	ExtractionColumns,
	ExtractionPage,
	ExtractionResult,
	ListExtractions,
	ListResults,
	OneExtraction,
	OneResult,
	ResultHistory,
	ResultPage,
	StartExtraction,
	SteerExtraction,
} from "./contract";
import {
	correctField,
	exportExtraction,
	getColumns,
	getExtraction,
	getHistory,
	getResult,
	listExtractions,
	listResults,
	removeExtraction,
	startExtraction,
	steerExtraction,
} from "./service";

export const extractionsRouter = router({
	start: procedure("runs:write", {
		rest: "POST /extractions",
		summary: "Extract fields from documents, or from all of a collection.",
		created: "/extractions/{id}",
		risk: "write",
		limit: "heavy",
	})
		.input(StartExtraction)
		.output(Extraction)
		.mutation(({ ctx, input }) => startExtraction(ctx, input)),

	list: procedure("runs:read", {
		rest: "GET /extractions",
		summary: "List the caller's own extractions.",
		tool: "List the person's own extractions: which agent fills in fields from which documents, and how far it is.",
		risk: "read",
	})
		.input(ListExtractions)
		.output(ExtractionPage)
		.query(({ ctx, input }) => listExtractions(ctx, input)),

	get: procedure("runs:read", {
		rest: "GET /extractions/{extractionId}",
		summary: "Get an extraction, and how far it is.",
		risk: "read",
	})
		.input(OneExtraction)
		.output(Extraction)
		.query(({ ctx, input }) => getExtraction(ctx, input)),

	columns: procedure("runs:read", {
		rest: "GET /extractions/{extractionId}/columns",
		summary: "Get which fields an extraction fills in.",
		risk: "read",
	})
		.input(OneExtraction)
		.output(ExtractionColumns)
		.query(({ ctx, input }) => getColumns(ctx, input)),

	listResults: procedure("runs:read", {
		rest: "GET /extractions/{extractionId}/results",
		summary: "List what was extracted, document by document: values, how sure they are, and where they stand.",
		tool: "List what an extraction filled in, document by document: each field with its value, how sure it is, and the quote that it stands in. Name the extraction by its id.",
		risk: "read",
	})
		.input(ListResults)
		.output(ResultPage)
		.query(({ ctx, input }) => listResults(ctx, input)),

	getResult: procedure("runs:read", {
		rest: "GET /extractions/{extractionId}/results/{resultId}",
		summary: "Get what was extracted from one document.",
		risk: "read",
	})
		.input(OneResult)
		.output(ExtractionResult)
		.query(({ ctx, input }) => getResult(ctx, input)),

	history: procedure("runs:read", {
		rest: "GET /extractions/{extractionId}/results/{resultId}/corrections",
		summary: "Get who corrected what of a result.",
		risk: "read",
	})
		.input(OneResult)
		.output(ResultHistory)
		.query(({ ctx, input }) => getHistory(ctx, input)),

	correct: procedure("runs:write", {
		rest: "POST /extractions/{extractionId}/results/{resultId}/corrections",
		summary: "Correct a field by hand; what the model read is kept beside it.",
		risk: "write",
	})
		.input(CorrectField)
		.output(ExtractionResult)
		.mutation(({ ctx, input }) => correctField(ctx, input)),

	steer: procedure("runs:write", {
		rest: "POST /extractions/{extractionId}/steer",
		summary: "Pause an extraction, resume it, give it up, or try again what failed.",
		risk: "write",
	})
		.input(SteerExtraction)
		.output(Extraction)
		.mutation(({ ctx, input }) => steerExtraction(ctx, input)),

	remove: procedure("runs:write", {
		rest: "DELETE /extractions/{extractionId}",
		summary: "Remove an extraction with its results and its runs.",
		risk: "write",
	})
		.input(OneExtraction)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeExtraction(ctx, input);
			return { done: true };
		}),

	export: procedure("runs:read", {
		rest: "GET /extractions/{extractionId}/export",
		summary: "Export the results of an extraction as CSV or JSON, piece by piece.",
		risk: "read",
	})
		.input(ExportExtraction)
		.output(ExportPiece)
		.query(({ ctx, input }) => exportExtraction(ctx, input)),
});
