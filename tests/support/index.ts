export { assertBuilt } from "./assert-built.ts";
export { freshDatabase } from "./fresh-database.ts";
