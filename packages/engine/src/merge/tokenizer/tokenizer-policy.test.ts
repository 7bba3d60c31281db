import { expect, test } from "vitest";
import { tokenizerPolicy } from "./tokenizer-policy.ts";

test("an empty policy is a union without rules", () => {
  expect(tokenizerPolicy.parse({})).toEqual({ source: "union", tokens: {}, padToMultipleOf: null });
});

test("a policy parses to itself", () => {
  const policy = tokenizerPolicy.parse({
    source: "acme/b@1",
    tokens: {
      x: { source: { kind: "model_token", model: "acme/a", tokenId: 3 }, force: true },
      y: { source: { kind: "zero" } },
      z: {},
    },
    padToMultipleOf: 64,
  });
  expect(tokenizerPolicy.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
});

test.each([
  ["an unknown key", { sauce: "union" }],
  ["an unknown key of a rule", { tokens: { x: { source: { kind: "zero" }, forced: true } } }],
  ["an unknown kind", { tokens: { x: { source: { kind: "random" } } } }],
  ["both token and tokenId", { tokens: { x: { source: { kind: "model_token", model: "a", token: "b", tokenId: 1 } } } }],
  ["neither token nor tokenId", { tokens: { x: { source: { kind: "model_token", model: "a" } } } }],
  ["an empty token", { tokens: { "": {} } }],
  ["a fraction", { padToMultipleOf: 1.5 }],
  ["zero", { padToMultipleOf: 0 }],
  ["an empty source", { source: " " }],
])("%s is refused", (_, value) => {
  expect(tokenizerPolicy.safeParse(value).success).toBe(false);
});
