export { cancelExport, findExporter, getExport, listExports, openExport, requestExport } from "./exports";
export { expireExports, finishExport } from "./finish-export";
export { listAudit } from "./list-audit";
export { releaseStream, sendNext } from "./send-stream";
export { getStream, resumeStream, saveStream, testStream } from "./stream-settings";
export { verifyExport } from "./verify-export";
export { beginExport, failExport, readParts, writePart } from "./write-export";
