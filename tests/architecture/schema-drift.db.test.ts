import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { freshDatabase, schemaDiff } from "../support/index.ts";

const schema = path.resolve(import.meta.dirname, "../../prisma/schema");

test("the migrations lead to the schema", async () => {
  expect(await schemaDiff(await freshDatabase()), "write this SQL into a new migration").toBe("");
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
