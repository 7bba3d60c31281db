import { expect, test } from "vitest";
import { startSteps } from "./steps.ts";

test("a step leaves one line with its time, and its seconds are kept", async () => {
  const written: string[] = [];
  const steps = startSteps({ isTTY: false, write: (text) => written.push(text) });
  const value = await steps.step("register", async (advance) => {
    advance(1, 2, "one");
    return { line: "Registered 2 models", value: 42 };
  });
  expect(value).toBe(42);
  expect(written).toHaveLength(1);
  expect(written[0]).toMatch(/^Registered 2 models {2}\d\.\d\d s\n$/);
  expect(steps.phases).toEqual([{ name: "register", seconds: expect.any(Number) }]);
});

test("a step that fails leaves no line that claims it was done", async () => {
  const written: string[] = [];
  const steps = startSteps({ isTTY: false, write: (text) => written.push(text) });
  await expect(steps.step("merges", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(written).toEqual([]);
  expect(steps.phases).toEqual([]);
});
