export { answerFigures, clearAnswers } from "./figures";
export { findAnswer, type KnownAnswer } from "./find";
export { keepAnswer } from "./keep";
export { type Asked, placeOf } from "./place";
