export { UnreadableFile } from "./failure";
export type { Heading, ParsedPage } from "./page";
export { type ContainedFile, parseFile, preparePicture, recogniseScans } from "./parse-file";
export { cleanLine } from "./text";
