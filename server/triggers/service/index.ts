export { callWebhook } from "./called";
export { addSchedule, addWebhook, changeTrigger, previewTimes, removeTrigger, rotateWebhook } from "./change";
export { getTrigger, listCalls, listTriggers, versionOfTrigger } from "./read";
export { startDue, startNow } from "./start";
export { bringTriggers, ownTriggers, whyNotBring } from "./transfer";
