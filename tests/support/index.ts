export { testContext, testUser } from "./context";
export { emptyDatabase, testDatabase, urlOf } from "./database";
export { until } from "./until";
