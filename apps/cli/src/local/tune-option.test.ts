import { expect, test } from "vitest";
import { UsageError } from "../failure.ts";
import { parseTune } from "./tune-option.ts";

test("--tune may be repeated, separated by commas, and written with =", () => {
  const args = [
    "recipe.yaml",
    "--tune",
    "lambda=0:2",
    "--budget",
    "5",
    "--tune=weight[0]=-0.5:1, t{self_attn}",
    "--tune",
    "r=1e-4:1:log",
  ];
  expect(parseTune(args)).toEqual([
    { name: "lambda", low: 0, high: 2 },
    { name: "weight[0]", low: -0.5, high: 1 },
    { name: "t{self_attn}" },
    { name: "r", low: 1e-4, high: 1, log: true },
  ]);
  expect(parseTune(["recipe.yaml", "--budget", "5"])).toEqual([]);
});

test.each(["lambda=", "lambda=1", "lambda=a:b", "lambda=0:1:lin", "lambda=0:1:log:2", "lambda=:1", "lambda=0:Infinity"])(
  "%s is a usage error that quotes it",
  (text) => {
    expect(() => parseTune(["--tune", text])).toThrow(UsageError);
    expect(() => parseTune(["--tune", text])).toThrow(text);
  },
);
