import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import {
	AddItem,
	AddRun,
	AgentScoring,
	AskNext,
	CalibrateBy,
	CellPage,
	ChangeDataset,
	ChangeItem,
	CompareVariants,
	Comparison,
	CreateDataset,
	Dataset,
	DatasetItem,
	DatasetPage,
	ExperimentInFull,
	ExperimentPage,
	ExportItems,
	FoundCalibration,
	Imported,
	ImportItems,
	ItemHistory,
	ItemPage,
	ItemsPiece,
	ListCells,
	ListDatasets,
	ListExperiments,
	ListItems,
	ListToRate,
	NextAnswer,
	OneDataset,
	OneExperiment,
	OneItem,
	OnlineScoring,
	RateAnswer,
	SetScoring,
	StartExperiment,
	SteerExperiment,
	ToRatePage,
} from "./contract";
import {
	addItem,
	addRun,
	calibrate,
	changeDataset,
	changeItem,
	compareVariants,
	createDataset,
	exportItems,
	findCalibration,
	getDataset,
	getExperiment,
	getItemHistory,
	getScoring,
	importItems,
	listCells,
	listDatasets,
	listExperiments,
	listItems,
	listToRate,
	nextAnswer,
	rateAnswer,
	removeDataset,
	removeExperiment,
	removeItem,
	setScoring,
	startExperiment,
	steerExperiment,
} from "./service";

export const evaluationsRouter = router({
	listDatasets: procedure("evaluations:read", {
		rest: "GET /datasets",
		summary: "List the datasets that are the caller's own or shared with them.",
		risk: "read",
	})
		.input(ListDatasets)
		.output(DatasetPage)
		.query(({ ctx, input }) => listDatasets(ctx, input)),

	getDataset: procedure("evaluations:read", {
		rest: "GET /datasets/{datasetId}",
		summary: "Get a dataset, and by what its answers are measured.",
		risk: "read",
	})
		.input(OneDataset)
		.output(Dataset)
		.query(({ ctx, input }) => getDataset(ctx, input)),

	createDataset: procedure("evaluations:write", {
		rest: "POST /datasets",
		summary: "Make a dataset.",
		created: "/datasets/{id}",
		risk: "write",
	})
		.input(CreateDataset)
		.output(Dataset)
		.mutation(({ ctx, input }) => createDataset(ctx, input)),

	changeDataset: procedure("evaluations:write", {
		rest: "PATCH /datasets/{datasetId}",
		summary: "Change a dataset's name, what it is for, or its scorers.",
		risk: "write",
	})
		.input(ChangeDataset)
		.output(Dataset)
		.mutation(({ ctx, input }) => changeDataset(ctx, input)),

	removeDataset: procedure("evaluations:write", {
		rest: "DELETE /datasets/{datasetId}",
		summary: "Remove a dataset with its items and experiments.",
		risk: "write",
	})
		.input(OneDataset)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeDataset(ctx, input);
			return { done: true };
		}),

	listItems: procedure("evaluations:read", {
		rest: "GET /datasets/{datasetId}/items",
		summary: "List the items of a dataset.",
		risk: "read",
	})
		.input(ListItems)
		.output(ItemPage)
		.query(({ ctx, input }) => listItems(ctx, input)),

	itemHistory: procedure("evaluations:read", {
		rest: "GET /datasets/{datasetId}/items/{itemId}/history",
		summary: "Get an item as it was in earlier versions of its dataset.",
		risk: "read",
	})
		.input(OneItem)
		.output(ItemHistory)
		.query(({ ctx, input }) => getItemHistory(ctx, input)),

	addItem: procedure("evaluations:write", {
		rest: "POST /datasets/{datasetId}/items",
		summary: "Add an item to a dataset.",
		risk: "write",
	})
		.input(AddItem)
		.output(DatasetItem)
		.mutation(({ ctx, input }) => addItem(ctx, input)),

	changeItem: procedure("evaluations:write", {
		rest: "PUT /datasets/{datasetId}/items/{itemId}",
		summary: "Change an item; experiments keep it as they had it.",
		risk: "write",
	})
		.input(ChangeItem)
		.output(DatasetItem)
		.mutation(({ ctx, input }) => changeItem(ctx, input)),

	removeItem: procedure("evaluations:write", {
		rest: "DELETE /datasets/{datasetId}/items/{itemId}",
		summary: "Remove an item; experiments keep it.",
		risk: "write",
	})
		.input(OneItem)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeItem(ctx, input);
			return { done: true };
		}),

	addRun: procedure("evaluations:write", {
		rest: "POST /datasets/{datasetId}/runs",
		summary: "Add a run's question and answer to a dataset.",
		risk: "write",
	})
		.input(AddRun)
		.output(DatasetItem)
		.mutation(({ ctx, input }) => addRun(ctx, input)),

	importItems: procedure("evaluations:write", {
		rest: "POST /datasets/{datasetId}/import",
		summary: "Add the rows of a CSV file to a dataset, all or none.",
		limit: "heavy",
		risk: "write",
	})
		.input(ImportItems)
		.output(Imported)
		.mutation(({ ctx, input }) => importItems(ctx, input)),

	exportItems: procedure("evaluations:read", {
		rest: "GET /datasets/{datasetId}/export",
		summary: "Export the items of a dataset as CSV or JSON lines, piece by piece.",
		risk: "read",
	})
		.input(ExportItems)
		.output(ItemsPiece)
		.query(({ ctx, input }) => exportItems(ctx, input)),

	startExperiment: procedure("evaluations:write", {
		rest: "POST /experiments",
		summary: "Ask agents all questions of a dataset, and measure their answers.",
		created: "/experiments/{id}",
		limit: "heavy",
		risk: "write",
	})
		.input(StartExperiment)
		.output(ExperimentInFull)
		.mutation(({ ctx, input }) => startExperiment(ctx, input)),

	listExperiments: procedure("evaluations:read", {
		rest: "GET /experiments",
		summary: "List the experiments that the caller started, or that are shared with them.",
		risk: "read",
	})
		.input(ListExperiments)
		.output(ExperimentPage)
		.query(({ ctx, input }) => listExperiments(ctx, input)),

	getExperiment: procedure("evaluations:read", {
		rest: "GET /experiments/{experimentId}",
		summary: "Get an experiment, how far it is, and what its variants come to.",
		risk: "read",
	})
		.input(OneExperiment)
		.output(ExperimentInFull)
		.query(({ ctx, input }) => getExperiment(ctx, input)),

	listResults: procedure("evaluations:read", {
		rest: "GET /experiments/{experimentId}/results",
		summary: "List an experiment item by item, the answers side by side.",
		risk: "read",
	})
		.input(ListCells)
		.output(CellPage)
		.query(({ ctx, input }) => listCells(ctx, input)),

	steerExperiment: procedure("evaluations:write", {
		rest: "POST /experiments/{experimentId}/steer",
		summary: "Pause an experiment, resume it, give it up, try again what failed, or end its rating.",
		risk: "write",
	})
		.input(SteerExperiment)
		.output(ExperimentInFull)
		.mutation(({ ctx, input }) => steerExperiment(ctx, input)),

	removeExperiment: procedure("evaluations:write", {
		rest: "DELETE /experiments/{experimentId}",
		summary: "Remove an experiment with its answers.",
		risk: "write",
	})
		.input(OneExperiment)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeExperiment(ctx, input);
			return { done: true };
		}),

	compare: procedure("evaluations:read", {
		rest: "GET /experiment-comparison",
		summary: "Compare two variants on the same dataset: how far apart they are, and whether that could be chance.",
		risk: "read",
	})
		.input(CompareVariants)
		.output(Comparison)
		.query(({ ctx, input }) => compareVariants(ctx, input)),

	findCalibration: procedure("evaluations:read", {
		rest: "GET /experiment-calibration",
		summary: "Find how the confidence of a variant's agent would be brought to how often its answers were right.",
		risk: "read",
	})
		.input(CalibrateBy)
		.output(FoundCalibration)
		.query(({ ctx, input }) => findCalibration(ctx, input)),

	calibrate: procedure("evaluations:write", {
		rest: "POST /experiment-calibration",
		summary: "Calibrate an agent's confidence by what its answers in an experiment were found to be.",
		risk: "write",
	})
		.input(CalibrateBy)
		.output(FoundCalibration)
		.mutation(({ ctx, input }) => calibrate(ctx, input)),

	listToRate: procedure("evaluations:annotate", {
		rest: "GET /answers-to-rate",
		summary: "List the experiments whose answers the caller may rate.",
		risk: "read",
	})
		.input(ListToRate)
		.output(ToRatePage)
		.query(({ ctx, input }) => listToRate(ctx, input)),

	nextAnswer: procedure("evaluations:annotate", {
		rest: "GET /experiments/{experimentId}/next-answer",
		summary: "Get the next answer that the caller has not rated; neither who answered is told nor what others say.",
		risk: "read",
	})
		.input(AskNext)
		.output(NextAnswer)
		.query(({ ctx, input }) => nextAnswer(ctx, input)),

	rate: procedure("evaluations:annotate", {
		rest: "POST /experiments/{experimentId}/ratings",
		summary: "Say what one thinks of an answer; the next one comes back.",
		risk: "write",
	})
		.input(RateAnswer)
		.output(NextAnswer)
		.mutation(({ ctx, input }) => rateAnswer(ctx, input)),

	getScoring: procedure("agents:write", {
		rest: "GET /agents/{agentId}/scoring",
		summary: "Get how many of an agent's runs are scored, by what, and what came of it.",
		risk: "read",
	})
		.input(AgentScoring)
		.output(OnlineScoring)
		.query(({ ctx, input }) => getScoring(ctx, input)),

	setScoring: procedure("agents:write", {
		rest: "PUT /agents/{agentId}/scoring",
		summary: "Set how many of an agent's runs are scored once they have ended, and by what.",
		risk: "write",
	})
		.input(SetScoring)
		.output(OnlineScoring)
		.mutation(({ ctx, input }) => setScoring(ctx, input)),
});
