import { readFileSync } from "node:fs";
import { describeMethods } from "@amalgam/engine/merge";
import { expect, test } from "vitest";
import { methodsPage, pageFile } from "./methods-page.mjs";

test("docs/methods.md is what the engine's list gives (node --conditions=source --import tsx scripts/methods-page.mjs)", () => {
  expect(readFileSync(pageFile, "utf8")).toBe(methodsPage());
});

test("every method has a section with its formula and its laws", () => {
  const page = methodsPage();
  for (const { id, title, laws } of describeMethods()) {
    const [, section = ""] = page.split(`## ${title} (\`${id}\``);
    expect(section).toContain("```text\n");
    for (const sentence of laws) expect(section).toContain(`- ${sentence}`);
  }
});
