export { changePassword, viewPassword } from "./change-password";
export { askEmailChange, confirmEmail, lookAtEmailChange, rename } from "./change-profile";
export { answerReset, askReset, lookAtReset, resetPassword, startReset } from "./reset-password";
