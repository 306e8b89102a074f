export { readPolicy, setPolicy } from "./policy";
export { readContent, readSpans } from "./read-spans";
export { listTraces, readTrace } from "./read-traces";
