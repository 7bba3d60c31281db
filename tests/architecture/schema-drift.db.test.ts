import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { schemaDiff } from "../../scripts/schema-diff.mjs";
import { freshDatabase } from "../support/index.ts";

const schema = path.resolve(import.meta.dirname, "../../prisma/schema");

test("the migrations lead to the schema", async () => {
  expect(await schemaDiff(await freshDatabase()), "npm run migrate -- NAME writes what is missing").toBe("");
});

test("a model without a migration is noticed", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-schema-"));
  try {
    fs.cpSync(schema, folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "probe.prisma"), "model Probe {\n  id String @id\n}\n");
    expect(await schemaDiff(await freshDatabase(), folder)).toContain('CREATE TABLE "Probe"');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
