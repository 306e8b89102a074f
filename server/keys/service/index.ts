import { keyStart } from "../secret";

export { findKeyActors, identifyKey } from "./find-key";

/** Whether a credential claims to be a key; the rest of it is looked at by `identifyKey`. */
export const isApiKey = (credential: string): boolean => credential.startsWith(keyStart);
