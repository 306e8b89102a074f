export { answerFigures, clearAnswers } from "./figures";
export { findAnswer } from "./find";
export { keepAnswer } from "./keep";
export { placeOf } from "./place";
