import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { startProgress } from "./progress.ts";

afterEach(() => vi.unstubAllEnvs());

function terminal(isTTY: boolean, columns = 200) {
  const written: string[] = [];
  return { written, stream: { isTTY, columns, write: (text: string) => written.push(text) } };
}

test("on a terminal the bar shows share, bytes, rate and time left", () => {
  vi.stubEnv("TERM", "xterm");
  const { written, stream } = terminal(true);
  let clock = 0;
  const progress = startProgress("Merging", { stream, now: () => clock });
  progress.update({ done: 0, total: 400_000_000 });
  clock = 2000;
  progress.update({ done: 100_000_000, total: 400_000_000 });
  expect(stripVTControlCharacters(written.at(-1) ?? "")).toBe(
    "\rMerging  ██████░░░░░░░░░░░░░░░░░░  25%  100 MB of 400 MB  50.0 MB/s  about 6.0 s left",
  );
  progress.finish("Merged");
  expect(stripVTControlCharacters(written.at(-1) ?? "")).toBe("Merged  2.0 s\n");
});

test("a narrow terminal never gets a line that wraps", () => {
  vi.stubEnv("TERM", "xterm");
  const { written, stream } = terminal(true, 30);
  const progress = startProgress("Merging", { stream, now: () => 0 });
  progress.update({ done: 5, total: 10 });
  expect(stripVTControlCharacters(written.at(-1) ?? "").length).toBeLessThanOrEqual(30);
});

test("without a terminal there are no escapes and no bar, only a rare line and the last one", () => {
  const { written, stream } = terminal(false);
  let clock = 0;
  const progress = startProgress("Merging", { stream, now: () => clock });
  for (; clock <= 20_000; clock += 100) progress.update({ done: clock, total: 40_000 });
  progress.finish("Merged");
  expect(written).toHaveLength(2);
  expect(written.join("")).not.toContain("\u001b");
  expect(written[0]).toMatch(/^Merging: 37%, /);
});
