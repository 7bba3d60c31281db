import { expect, test } from "vitest";
import { UsageError } from "./failure.ts";
import { byteSize, checkArguments, closest, wholeNumber } from "./options.ts";

const definitions = {
  recipe: { type: "positional", required: true },
  out: { type: "positional", required: false },
  threads: { type: "string" },
  json: { type: "boolean" },
} as const;

const check =
  (...args: string[]) =>
  () =>
    checkArguments(definitions, args);

test("what a command declares passes", () => {
  expect(check("r.yaml", "--threads", "2", "--json")).not.toThrow();
  expect(check("r.yaml", "out", "--threads=2")).not.toThrow();
});

test("everything else is a usage error that names it", () => {
  expect(check("r.yaml", "--thread", "2")).toThrow("Unknown option --thread. Did you mean --threads?");
  expect(check("r.yaml", "-x")).toThrow("Unknown option -x.");
  expect(check("r.yaml", "--no-json")).toThrow("Unknown option --no-json.");
  expect(check("r.yaml", "--threads")).toThrow("--threads needs a value.");
  expect(check("r.yaml", "--json=yes")).toThrow("--json takes no value.");
  expect(check()).toThrow("RECIPE is missing.");
  expect(check("a", "b", "c")).toThrow("Too many arguments: 2 expected, 3 given.");
  expect(check("a", "--__proto__")).toThrow("Unknown option --__proto__.");
});

test("numbers and sizes are read strictly", () => {
  expect(wholeNumber("4", "--threads", { min: 1 })).toBe(4);
  expect(wholeNumber(undefined, "--threads")).toBeUndefined();
  for (const bad of ["0", "1.5", "four", "1e3", "", "-1"])
    expect(() => wholeNumber(bad, "--threads", { min: 1 })).toThrow(UsageError);
  expect(byteSize("262144", "--tile")).toBe(262_144);
  expect(byteSize("512KiB", "--tile")).toBe(524_288);
  expect(byteSize("5GB", "--max-shard-size")).toBe(5_000_000_000);
  expect(() => byteSize("64", "--tile", { min: 16_384 })).toThrow("--tile takes a size from 16384 to");
  for (const bad of ["0", "5 apples", "-1", "GB", "1e9", ""]) expect(() => byteSize(bad, "--tile")).toThrow(UsageError);
});

test("a suggestion is only made when it is near", () => {
  expect(closest("mrege", ["merge", "push"])).toBe("merge");
  expect(closest("frobnicate", ["merge", "push"])).toBeNull();
});
