export { hashPassword, isOutdated, verifyPassword } from "./hash";
export { expectGoodPassword, leastCharacters } from "./rules";
