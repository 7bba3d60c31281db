import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

test("README and CONTRIBUTING stay short enough to be read", () => {
  expect(read("README.md").split("\n").length).toBeLessThanOrEqual(121);
  expect(read("CONTRIBUTING.md").split("\n").length).toBeLessThanOrEqual(81);
});

test.each(pages)("every link of %s leads somewhere", (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = ""]) => link);
  expect(links.filter((link) => !existsSync(path.resolve(root, path.dirname(page), link)))).toEqual([]);
});

test("every amalgam command and npm script that the pages name exists", () => {
  const text = pages.map(read).join("\n");
  const program = path.join(root, "apps/cli/src/main.ts");
  const help = execFileSync(
    process.execPath,
    ["--conditions=source", "--import", import.meta.resolve("tsx"), program, "--help"],
    { encoding: "utf8" },
  );
  const commands = new Set([...help.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name));
  const named = new Set([...text.matchAll(/npx amalgam ([a-z]+)/g)].map(([, name]) => name));
  expect([...named].filter((name) => !commands.has(name))).toEqual([]);
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const run = new Set([...text.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)].map(([, name = ""]) => name));
  expect([...run].filter((name) => !(name in scripts))).toEqual([]);
});
