import { buildSchema, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { documentLimits } from "./limits.ts";

const schema = buildSchema("type Query { a: Query b(x: Int): Int } type Mutation { m: Int }");
const faultsOf = (text: string) => validate(schema, parse(text), [documentLimits]).map(({ message }) => message);

test("an ordinary document passes", () => {
  expect(faultsOf("query { a { a { b } ...f } } fragment f on Query { x: b }")).toEqual([]);
});

test.each([
  ["depth", `{ ${"a { ".repeat(30)} b ${"}".repeat(30)} }`, /levels deep/],
  ["aliases", `{ ${Array.from({ length: 100 }, (_, i) => `x${i}: b`).join(" ")} }`, /aliases/],
  ["repeated fields", `{ ${"b ".repeat(2000)} }`, /selects more than/],
  ["directives", `{ ${"b @skip(if: false) ".repeat(40)} }`, /directives/],
  [
    "mutations in one operation",
    `mutation { ${Array.from({ length: 12 }, (_, i) => `x${i}: m`).join(" ")} }`,
    /mutations at most/,
  ],
  ["a fragment that contains itself", "{ ...f } fragment f on Query { a { ...f } }", /levels deep/],
])("too much %s is refused", (_what, text, message) => {
  expect(faultsOf(text).join()).toMatch(message);
});

test("fragments that multiply each other are counted as they would be executed, without doing it", () => {
  const layers = Array.from({ length: 15 }, (_, i) => `fragment f${i} on Query { ${`x: a { ...f${i + 1} } `.repeat(10)} }`);
  const text = `{ ...f0 } ${layers.join(" ")} fragment f15 on Query { b }`;
  const began = performance.now();
  expect(faultsOf(text).join()).toMatch(/selects more than/);
  expect(performance.now() - began).toBeLessThan(1000);
});
