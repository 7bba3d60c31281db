import { describe, expect, it } from "vitest";
import {
  accuracy,
  ago,
  bytes,
  coefficient,
  duration,
  integer,
  interval,
  parameters,
  percent,
  points,
  pointsRange,
  shortDigest,
  statistic,
  strandLabel,
} from "./format.ts";

const thin = "\u202f";
const space = "\u00a0";

describe("accuracies and differences", () => {
  it("drop the leading zero and keep three decimals", () => {
    expect(accuracy(0.74)).toBe(".740");
    expect(accuracy(1)).toBe("1.000");
    expect(accuracy(0)).toBe(".000");
  });
  it("show a half width when the interval is even and both ends when it is not", () => {
    expect(interval(0.74, 0.733, 0.747)).toBe("± .007");
    expect(interval(0.957, 0.946, 0.966)).toBe("(.946 to .966)");
  });
  it("are points with a true minus", () => {
    expect(points(0.0752)).toBe("+7.5");
    expect(points(-0.0034)).toBe("−0.3");
    expect(points(-0.0001)).toBe("0.0");
    expect(pointsRange(-0.003, 0.007)).toBe("−0.3 to 0.7");
  });
  it("set per cent off by a narrow space", () => {
    expect(percent(0.714)).toBe(`71${thin}%`);
    expect(percent(-0.05)).toBe(`−5${thin}%`);
  });
});

describe("coefficients", () => {
  it("keep the zero alone and lose it on a strand", () => {
    expect(coefficient(0.42)).toBe("0.42");
    expect(coefficient(-0.2)).toBe("−0.20");
    expect(coefficient(-0.001)).toBe("0.00");
    expect(strandLabel(0.42)).toBe(".42");
    expect(strandLabel(-0.2)).toBe("−.20");
    expect(strandLabel(1)).toBe("1.00");
  });
});

describe("sizes", () => {
  it("use three figures and decimal units", () => {
    expect(parameters(22_713_216)).toBe("22.7M");
    expect(parameters(7_241_732_096)).toBe("7.24B");
    expect(bytes(90_868_376)).toBe(`90.9${space}MB`);
    expect(bytes(14_500_000_000)).toBe(`14.5${space}GB`);
    expect(bytes(999_700)).toBe(`1.00${space}MB`);
    expect(bytes(512)).toBe(`512${space}B`);
  });
  it("group from ten thousand on", () => {
    expect(integer(1500)).toBe("1500");
    expect(integer(15840)).toBe(`15${thin}840`);
    expect(integer(-1234567)).toBe(`−1${thin}234${thin}567`);
  });
});

describe("times", () => {
  it("name their unit", () => {
    expect(duration(0.312)).toBe(`0.31${space}s`);
    expect(duration(34.2)).toBe(`34${space}s`);
    expect(duration(360)).toBe(`6${space}min`);
    expect(duration(7800)).toBe(`2${space}h 10${space}min`);
  });
  it("read as words when recent and as a date when old", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(ago("2026-11-22T11:59:50Z", now)).toBe("just now");
    expect(ago("2026-11-22T11:54:00Z", now)).toBe(`6${space}min ago`);
    expect(ago("2026-11-21T11:00:00Z", now)).toBe("yesterday");
    expect(ago("2026-11-01T11:00:00Z", now)).toBe("1 Nov 2026");
  });
});

describe("digests and statistics", () => {
  it("keep both ends of a digest", () => {
    const digest = `4f9a21c0${"0".repeat(52)}8be3`;
    expect(shortDigest(digest)).toBe("4f9a21c0…8be3");
    expect(shortDigest(digest, true)).toBe("4f9a…8be3");
  });
  it("give three figures", () => {
    expect(statistic(0.04123)).toBe("0.0412");
    expect(statistic(-12.345)).toBe("−12.3");
    expect(statistic(3.8)).toBe("3.80");
    expect(statistic(12345.6)).toBe(`12${thin}346`);
    expect(statistic(0)).toBe("0");
  });
});
