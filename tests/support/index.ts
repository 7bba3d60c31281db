export { assertBuilt } from "./assert-built.ts";
export { freshDatabase } from "./fresh-database.ts";
export { schemaDiff } from "./schema-diff.ts";
