export * from "./annotations";
export * from "./datasets";
export * from "./experiments";
export * from "./online";
export * from "./scorers";
