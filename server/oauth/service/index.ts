export { decideRequest, lookAtRequest } from "./decide";
export { exchangeCode, refreshGrant } from "./exchange-code";
export { authenticateClient } from "./find-client";
export { createProgram, getProgram, listPrograms, revokeProgram } from "./programs";
export { mayRegister, registerClient } from "./register-client";
