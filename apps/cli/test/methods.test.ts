import { describeMethods } from "@amalgam/engine/merge";
import { expect, test } from "vitest";
import { renderMethod, renderMethods } from "../src/terminal/methods.ts";
import { styleFor, width } from "../src/terminal/style.ts";
import { here } from "./run-here.ts";

const style = styleFor({ write: () => true });
const methods = describeMethods();

test.each([80, 120])("all methods fit into %d columns, each under its family", (columns) => {
  const text = renderMethods(methods, style, columns);
  expect(text.split("\n").filter((line) => width(line) > columns)).toEqual([]);
  for (const { id } of methods) expect(text).toMatch(new RegExp(`^  ${id} +\\d`, "m"));
  const families = text.split("\n").filter((line) => /^[A-Z]/.test(line));
  expect(families).toEqual([...new Set(methods.map(({ family }) => family.charAt(0).toUpperCase() + family.slice(1)))]);
});

test.each(methods)("$id is shown with its settings, laws and source", (method) => {
  for (const columns of [80, 120]) {
    const text = renderMethod(method, { style, columns });
    const tooWide = text.split("\n").filter((line) => width(line) > columns && line.includes(" ") && !line.includes("http"));
    expect(tooWide).toEqual([]);
  }
  const text = renderMethod(method, { style, columns: Number.POSITIVE_INFINITY });
  for (const law of method.laws) expect(text).toContain(`  - ${law}`);
  expect(text).toContain(method.source);
  for (const schema of [method.parametersSchema, method.parentParametersSchema])
    for (const name of Object.keys(schema["properties"] ?? {})) expect(text).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
});

test("one method tells bounds, defaults and what mergekit calls things", async () => {
  const { code, stdout } = await here(["methods", "karcher"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/maxIterations +whole number, 1 to 1000; default 10 \(mergekit: max_iter\)/);
});

test("a method that mergekit lacks says so", async () => {
  expect((await here(["methods", "karcher"])).stdout).toMatch(/mergekit +karcher/);
  expect((await here(["methods", "emr"])).stdout).toMatch(/mergekit +has no such method/);
});

test("a misspelt method gets a suggestion", async () => {
  const { code, stderr } = await here(["methods", "tiess"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "There is no merge method tiess. Did you mean ties?\n" });
});

test("JSON has everything, for all or for one", async () => {
  expect(JSON.parse((await here(["methods", "--json"])).stdout)).toHaveLength(methods.length);
  expect(JSON.parse((await here(["methods", "slerp", "--json"])).stdout)).toMatchObject({
    id: "slerp",
    family: "sphere",
    base: "none",
  });
});
