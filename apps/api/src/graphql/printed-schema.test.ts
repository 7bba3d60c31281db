import fs from "node:fs";
import { describeMethods } from "@amalgam/engine/merge";
import { expect, test } from "vitest";
import { printedSchema } from "./printed-schema.ts";

const committed = fs.readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

test("schema.graphql is what the code says; else run npm run generate -w @amalgam/api", () => {
  expect(committed).toBe(printedSchema());
});

test("every method of the engine is a value of MergeMethodId", () => {
  const values = /enum MergeMethodId \{([\s\S]*?)\n\}/.exec(committed)?.[1] ?? "";
  for (const { id } of describeMethods()) expect(values).toMatch(new RegExp(`\\b${id.toUpperCase()}\\b`));
});
