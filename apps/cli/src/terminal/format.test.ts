import { expect, test } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDifference,
  formatDigest,
  formatDuration,
  formatInterval,
  formatParameters,
  formatRate,
  formatScore,
  formatTimeLeft,
  printable,
} from "./format.ts";

test("parameters and bytes keep three figures and change unit before four", () => {
  expect([22_713_216, 7_241_732_096, 384, 999_950, 1_000_000].map(formatParameters)).toEqual([
    "22.7M",
    "7.24B",
    "384",
    "1.00M",
    "1.00M",
  ]);
  expect([90_852_864, 14_483_464_192, 512, 1000, 999_499].map(formatBytes)).toEqual([
    "90.9 MB",
    "14.5 GB",
    "512 B",
    "1.00 kB",
    "999 kB",
  ]);
});

test("thousands are grouped by a narrow no-break space from 10 000 on", () => {
  expect([2048, 15_840, 1_234_567].map(formatCount)).toEqual(["2048", "15\u202f840", "1\u202f234\u202f567"]);
});

test("durations read as a person says them", () => {
  expect([0.312, 4.21, 34.4, 360, 7800, 7200].map(formatDuration)).toEqual([
    "0.31 s",
    "4.2 s",
    "34 s",
    "6 min",
    "2 h 10 min",
    "2 h",
  ]);
  expect(formatTimeLeft(0.2)).toBe("about 1.0 s left");
});

test("scores drop the leading zero, intervals say ± only when both sides agree", () => {
  expect([0.74, 1, 0].map(formatScore)).toEqual([".740", "1.000", ".000"]);
  expect(formatInterval(0.74, 0.733, 0.747)).toBe(".740 ± .007");
  expect(formatInterval(0.957, 0.946, 0.966)).toBe(".957 (.946 to .966)");
  expect(formatInterval(0.99, 0.971, 0.997)).toBe(".990 (.971 to .997)");
});

test("differences are points with a sign and a true minus", () => {
  expect(formatDifference(0.075, 0.066, 0.084)).toBe("+7.5 (6.6 to 8.4)");
  expect(formatDifference(-0.012, -0.031, 0.007)).toBe("−1.2 (−3.1 to 0.7)");
  expect(formatDifference(0.005, -0.0001, 0.011)).toBe("+0.5 (0.0 to 1.1)");
});

test("rates keep three figures and are never powers of ten", () => {
  expect([4.3149, 71.92, 276.4, 999.6, 38_912.5].map(formatRate)).toEqual([
    "4.31",
    "71.9",
    "276",
    formatCount(1000),
    formatCount(38_900),
  ]);
});

test("digests are shortened to 8 and 4", () => {
  expect(formatDigest("4f9a21c0aaaaaaaa8be3")).toBe("4f9a21c0…8be3");
});

test("times are told as ago, then as a date", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  const ago = (minutes: number): string => formatAgo(new Date(now.getTime() - minutes * 60_000), now);
  expect([0.5, 6, 180, 60 * 72, 60 * 24 * 30].map(ago)).toEqual(["just now", "6 min ago", "3 h ago", "3 days ago", "2026-10-23"]);
});

test("a hostile name cannot act on the terminal, and stays readable", () => {
  expect(printable("a\u001b[2Jb")).toBe("a\\u{1b}[2Jb");
  expect(printable("safe\u202Etxt.exe")).toBe("safe\\u{202e}txt.exe");
  expect(printable("line\nbreak\u0000")).toBe("line\\u{a}break\\u{0}");
  expect(printable("__proto__")).toBe("__proto__");
  expect(printable("\ud800")).toBe("\\u{d800}");
  expect(printable("emoji 😀 ok")).toBe("emoji 😀 ok");
  expect(printable("x".repeat(10_000)).length).toBeLessThan(200);
});
