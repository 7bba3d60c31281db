import { lexicographicSortSchema, printSchema } from "graphql";
import { schema } from "./schema.ts";

/** The contract as it is committed: apps/api/schema.graphql. */
export const printedSchema = (): string =>
  `# Printed from the code by \`npm run generate -w @amalgam/api\`; do not edit.\n${printSchema(lexicographicSortSchema(schema))}\n`;
