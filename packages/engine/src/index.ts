export * from "./expr/index.ts";
export * from "./formats/index.ts";
export * from "./merge/index.ts";
