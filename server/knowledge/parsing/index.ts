export { UnreadableFile } from "./failure";
export type { Heading, ParsedPage } from "./page";
export { parseFile } from "./parse-file";
export { cleanLine } from "./text";
