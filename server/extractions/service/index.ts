export { advance, advanceAll } from "./advance";
export { correctField } from "./correct";
export { exportExtraction } from "./export";
export { materialOf, saveFields, tellEnded } from "./of-run";
export { getColumns, getExtraction, getHistory, getResult, listExtractions, listResults } from "./read";
export { startExtraction } from "./start";
export { removeExtraction, steerExtraction } from "./steer";
