import path from "node:path";
import { defineConfig } from "prisma/config";

// Without this every prisma command downloads an engine first. Ours runs from npm packages alone (docs/adr).
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= path.join(import.meta.dirname, "scripts/schema-engine-shim.mjs");
process.env["CHECKPOINT_DISABLE"] ??= "1";

export default defineConfig({
  schema: "prisma/schema",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env["DATABASE_URL"] ?? "" },
});
