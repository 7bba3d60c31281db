export * from "./formats/index.ts";
export * from "./merge/index.ts";
