import { expect, test } from "vitest";
import { hideScratch } from "./hide-scratch.ts";

test("paths are told from the attempt's folder on; other text and other folders stay", () => {
  const told = hideScratch(
    "nli: /srv/scratch/run-7/lease-1/model/config.json and /srv/scratch/run-7/lease-1/task-0/split.jsonl, line 3",
    "/srv/scratch/run-7",
  );
  expect(told).toBe("nli: model/config.json and task-0/split.jsonl, line 3");
  expect(hideScratch("/srv/other/model/config.json: bad", "/srv/scratch/run-7")).toBe("/srv/other/model/config.json: bad");
});
