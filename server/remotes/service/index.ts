export { callRemote } from "./call";
export { addRemote, changeRemote, removeRemote, setTool } from "./change";
export { getRemote, listRemotes, listUsable, versionOfRemote } from "./read";
export { refreshRemote } from "./refresh";
