export { droppedKinds } from "./dropped";
export { UnreadableFile } from "./failure";
export type { Heading, ParsedPage } from "./page";
export { type ContainedFile, parseFile, recogniseScans } from "./parse-file";
export type { Dropped } from "./protocol";
export { cleanLine } from "./text";
