export { modelChoices, modelNames } from "./choices";
export { addConnection, changeConnection, insertConnection, removeConnection } from "./connections";
export { callsOfRun, readHealth } from "./health";
export { addModel, addPrice, changeModel, removeModel, removePrice } from "./models";
export {
	fixedModels,
	getConnection,
	getRoute,
	listConnections,
	listModels,
	listRoutes,
	versionOfConnection,
	versionOfRoute,
} from "./read";
export { addRoute, changeRoute, removeRoute } from "./routes";
export { modelsToProbe, probeModel, testModel } from "./try-model";
