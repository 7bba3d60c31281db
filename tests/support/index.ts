export { freshDatabase } from "./fresh-database.ts";
export { schemaDiff } from "./schema-diff.ts";
export { assertBuilt, startTestStack, type TestStack } from "./test-stack.ts";
