import { expect, test } from "vitest";
import type { Upload } from "./operations.ts";
import { inParallel, missingParts } from "./upload-plan.ts";

const upload = (more: Partial<Upload>): Upload => ({
  id: "u",
  sizeBytes: 20,
  partSizeBytes: 8,
  partCount: 3,
  receivedParts: [],
  complete: false,
  ...more,
});

test("all parts of a new upload, the last one shorter", () => {
  expect(missingParts(upload({}))).toEqual([
    { index: 0, start: 0, length: 8 },
    { index: 1, start: 8, length: 8 },
    { index: 2, start: 16, length: 4 },
  ]);
});

test("after a cut only what the server lacks is sent", () => {
  expect(missingParts(upload({ receivedParts: [2, 0] })).map((part) => part.index)).toEqual([1]);
});

test("nothing is sent when the store has the bytes", () => {
  expect(missingParts(upload({ complete: true }))).toEqual([]);
});

test("an empty file is one empty part when the server asks for it", () => {
  expect(missingParts(upload({ sizeBytes: 0, partCount: 1 }))).toEqual([{ index: 0, start: 0, length: 0 }]);
});

test("work runs as wide as asked, and no new item starts after a failure", async () => {
  let [running, widest] = [0, 0];
  const started: number[] = [];
  const work = async (item: number): Promise<void> => {
    started.push(item);
    running += 1;
    widest = Math.max(widest, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (item === 3) throw new Error("third");
  };
  await expect(inParallel([1, 2, 3, 4, 5, 6, 7, 8], 2, work)).rejects.toThrow("third");
  expect(widest).toBe(2);
  expect(started.length).toBeLessThan(6);
});
