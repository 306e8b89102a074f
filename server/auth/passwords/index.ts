export { hashPassword, isOutdated, verifyPassword } from "./hash";
export { expectGoodPassword } from "./rules";
