export { eraseTraces, removeTraces } from "./erase";
export { inTraceOf } from "./in-trace-of";
export { openTrace } from "./open-trace";
export { readPolicy, setPolicy } from "./policy";
export { readContent, readSpans } from "./read-spans";
export { listTraces, readTrace } from "./read-traces";
export { dropDays, dropStrays, makeDays } from "./retention";
