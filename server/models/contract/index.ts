export * from "./connections";
export * from "./health";
export * from "./hops";
export * from "./routes";
