export * from "./annotations";
export * from "./calibration";
export * from "./datasets";
export * from "./experiments";
export * from "./online";
export * from "./scorers";
