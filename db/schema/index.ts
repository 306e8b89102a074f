export * from "./access";
export * from "./agents";
export * from "./audit";
export * from "./factors";
export * from "./jobs";
export * from "./knowledge";
export * from "./tokens";
export * from "./users";
