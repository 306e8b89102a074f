export { beginDue, syncNow } from "./begin";
export { bringFiles } from "./bring-files";
export { addSource, changeSource, getFolders, removeSource } from "./change";
export { endSync, failSync } from "./end-sync";
export { listFiles } from "./list-files";
export { findSyncOwner } from "./owner";
export { purgeSource } from "./purge";
export { getSource, listProblems, listSources, listSyncs } from "./read";
export { removeFiles } from "./remove-files";
