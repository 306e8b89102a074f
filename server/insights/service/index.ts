export { exportInsights } from "./export";
export { everybodysInsights, ownInsights } from "./read";
