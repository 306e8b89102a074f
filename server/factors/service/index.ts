export { checkCode, factorsOf } from "./check";
export { startAtProvider, unlinkIdentity } from "./identities";
export { hasIntent, takeIntent } from "./intents";
export { noticeOfFactor } from "./notice";
export { getMyFactors, removePasskey, removeTotp, renewRecoveryCodes, resetFactors } from "./own";
export { addPasskey, askForPasskey, renamePasskey, startPasskey, verifyPasskey } from "./passkeys";
export { listPolicies, setPolicy } from "./policies";
export { listProofs, prove, startProof } from "./prove";
export { confirmTotp, startTotp } from "./totp";
