import { keyStart } from "../secret";

export { createKey, revokeAnyKey, revokeKey, rotateKey } from "./change-keys";
export { countLiveKeys, findKeyActors, identifyKey } from "./find-key";
export { getKey, listAllKeys, listKeys } from "./list-keys";

/** Whether a credential claims to be a key; the rest of it is looked at by `identifyKey`. */
export const isApiKey = (credential: string): boolean => credential.startsWith(keyStart);
