export { readHealth } from "./health";
export { readMetrics } from "./metrics";
