import { describe, expect, it } from "vitest";
import { isEnded, runDetail, timeLeft } from "./run-words.ts";

const run = {
  kind: "MERGE" as const,
  state: "RUNNING" as const,
  stage: "merging",
  tensorsDone: 182,
  tensorsTotal: 291,
  bytesPerSecond: 1.6e9,
  startedAt: "2026-11-22T10:00:00Z",
  finishedAt: null,
};

describe("the line under a run", () => {
  it("counts tensors and names the rate while it runs", () => {
    expect(runDetail(run)).toBe("182 of 291 tensors, 1.60\u00a0GB/s");
  });
  it("falls back to the stage, then to the kind", () => {
    expect(runDetail({ ...run, tensorsDone: null, bytesPerSecond: null })).toBe("merging");
    expect(runDetail({ ...run, tensorsDone: null, bytesPerSecond: null, stage: null })).toBe("merge");
  });
  it("says how long it took when it ended", () => {
    expect(runDetail({ ...run, state: "FAILED", finishedAt: "2026-11-22T10:00:34Z" })).toBe("failed in 34\u00a0s");
    expect(runDetail({ ...run, state: "QUEUED" })).toBe("waiting for a worker");
  });
});

it("only three states end a run", () => {
  expect(["QUEUED", "RUNNING", "CANCELLING", "SUCCEEDED", "FAILED", "CANCELLED"].filter(isEnded)).toEqual([
    "SUCCEEDED",
    "FAILED",
    "CANCELLED",
  ]);
});

it("time left is never less than a second", () => {
  expect(timeLeft(0.2)).toBe("1\u00a0s left");
  expect(timeLeft(null)).toBeNull();
});
