export { cancelExport, findExporter, getExport, listExports, openExport, requestExport } from "./exports";
export { expireExports, finishExport } from "./finish-export";
export { listAudit } from "./list-audit";
export { beginExport, failExport, readParts, writePart } from "./write-export";
