export { eraseEntries, eraseWords, formerWords, refuseWhenHeld, sealWaiting } from "./erase";
export { cancelExport, findExporter, getExport, listExports, openExport, requestExport } from "./exports";
export { expireExports, finishExport } from "./finish-export";
export { listAudit } from "./list-audit";
export { dropMonths, listHolds, makeMonths, placeHold, releaseHold, rotateSigningKey, setRetention } from "./retention";
export { releaseStream, sendNext } from "./send-stream";
export { readStatus } from "./status";
export { getStream, resumeStream, saveStream, testStream } from "./stream-settings";
export {
	endVerification,
	failVerification,
	getVerification,
	planVerification,
	requestVerification,
	verifyEnd,
	verifyRange,
} from "./verify";
export { verifyExport } from "./verify-export";
export { beginExport, failExport, readParts, writePart } from "./write-export";
