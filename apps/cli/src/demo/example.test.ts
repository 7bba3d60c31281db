import { existsSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readExample } from "./example.ts";

const folder = path.resolve(import.meta.dirname, "../../../../examples/six-tasks");

test("the six-tasks example is complete: checkpoints, cards and both splits of every task", () => {
  const { namespace, base, experts, tasks } = readExample(folder);
  expect(namespace).toBe("six-tasks");
  for (const { folder: place } of [base, ...experts]) expect(existsSync(path.join(place, "config.json"))).toBe(true);
  for (const task of tasks) {
    expect(experts.map(({ name }) => name)).toContain(task.expert);
    expect(task.splits.map(({ name, purpose }) => [name, purpose])).toEqual([
      ["validation", "SEARCH"],
      ["test", "REPORT"],
    ]);
    for (const { file } of task.splits) expect(existsSync(file)).toBe(true);
  }
});

test("a folder without the manifest is named", () => {
  expect(() => readExample(path.join(folder, "scripts"))).toThrow(path.join(folder, "scripts", "example.json"));
});
