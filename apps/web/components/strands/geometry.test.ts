import { describe, expect, it } from "vitest";
import { curve, detour, floorWidth, fuse, gap, gatherRest, type Strand, shares, strandColour } from "./geometry.ts";

const strand = (key: string, coefficient: number | null): Strand => ({ key, label: key, colour: "red", coefficient });
const draw = (strands: Strand[], baseRow: number | null = null) =>
  fuse({ strands, rows: strands.map((_, i) => 20 + i * 40), baseRow, centre: 100, mostHeight: 80, mostWidth: 24 });

describe("a fuse", () => {
  it("gives every strand a width in proportion to its coefficient, with one scale", () => {
    const { bands } = draw([strand("a", 0.4), strand("b", 0.8)]);
    expect((bands[1]?.width ?? 0) / (bands[0]?.width ?? 1)).toBeCloseTo(2);
    expect(Math.max(...bands.map((band) => band.width))).toBeLessThanOrEqual(24);
  });

  it("stacks the bands in order without overlap, one gap apart, around the centre", () => {
    const { bands, bar } = draw([strand("a", 0.4), strand("b", 0.8), strand("c", 0.1)]);
    for (const [i, band] of bands.entries()) {
      const next = bands[i + 1];
      if (next) expect(next.to - next.width / 2 - (band.to + band.width / 2)).toBeCloseTo(gap);
    }
    expect((bar.top + bar.bottom) / 2).toBeCloseTo(100);
  });

  it("never exceeds the height it was given", () => {
    const { bands } = draw(Array.from({ length: 8 }, (_, i) => strand(`${i}`, 1)));
    const top = Math.min(...bands.map((b) => b.to - b.width / 2));
    const bottom = Math.max(...bands.map((b) => b.to + b.width / 2));
    expect(bottom - top).toBeLessThanOrEqual(80.001);
  });

  it("keeps a floor, draws negatives hollow and leaves zeros out", () => {
    const { bands } = draw([strand("a", 1), strand("tiny", 0.001), strand("minus", -0.2), strand("zero", 0)]);
    expect(bands.map((band) => band.key)).toEqual(["a", "tiny", "minus"]);
    expect(bands[1]?.width).toBe(floorWidth);
    expect(bands.map((band) => band.isHollow)).toEqual([false, false, true]);
  });

  it("draws equal widths when a method has no coefficients", () => {
    const { bands } = draw([strand("a", null), strand("b", null)]);
    expect(bands[0]?.width).toBe(bands[1]?.width);
  });

  it("draws a coefficient that varies as wide as the others on average", () => {
    const { bands } = draw([strand("a", 0.2), strand("varies", null), strand("b", -0.4)]);
    const [a = 0, varies = 0, b = 0] = bands.map((band) => band.width);
    expect(varies).toBeCloseTo((a + b) / 2);
    expect(shares([strand("a", 0.2), strand("varies", null)]).map(({ share }) => share)).toEqual([0.5, 0.5]);
  });

  it("puts the base's hairline above the bands and inside the bar", () => {
    const { bands, hairline, bar } = draw([strand("a", 1)], 5);
    const top = (bands[0]?.to ?? 0) - (bands[0]?.width ?? 0) / 2;
    expect(hairline?.to).toBeLessThan(top);
    expect(bar.top).toBeLessThan(hairline?.to ?? 0);
  });

  it("lets strands of one row leave it side by side", () => {
    const { bands } = fuse({
      strands: [strand("a", 0.5), strand("b", 0.5)],
      rows: [50, 50],
      centre: 100,
      mostHeight: 80,
      mostWidth: 24,
    });
    const [a, b] = bands;
    expect((b?.from ?? 0) - (a?.from ?? 0)).toBeCloseTo((a?.width ?? 0) + 0.8);
    expect(((a?.from ?? 0) + (b?.from ?? 0)) / 2).toBeCloseTo(50);
  });

  it("draws nothing from nothing", () => {
    expect(draw([]).bands).toEqual([]);
  });
});

describe("more than eight parents", () => {
  it("keep the seven widest in recipe order and gather the rest", () => {
    const many = Array.from({ length: 10 }, (_, i) => strand(`p${i}`, (i + 1) / 10));
    const { strands, rest } = gatherRest(many);
    expect(strands.map((s) => s.key)).toEqual(["p3", "p4", "p5", "p6", "p7", "p8", "p9", "rest"]);
    expect(rest).toHaveLength(3);
    expect(strands.at(-1)?.coefficient).toBeCloseTo(0.6);
  });
});

describe("a strip", () => {
  it("shares the summed absolute coefficients", () => {
    const parts = shares([strand("a", 0.5), strand("b", -0.5), strand("c", 0)]);
    expect(parts.map((part) => part.share)).toEqual([0.5, 0.5]);
    expect(parts.map((part) => part.isHollow)).toEqual([false, true]);
    expect(shares([strand("a", 0)])).toEqual([]);
  });
});

it("a curve starts and ends level", () => {
  expect(curve(0, 10, 60, 50)).toBe("M0 10C30 10 30 50 60 50");
});

it("colours come from slots one to eight", () => {
  expect(strandColour(3)).toBe("var(--s3)");
  expect(strandColour(null)).toBe("var(--s0)");
  expect(strandColour(9)).toBe("var(--s0)");
});

it("a detour leaves level, runs level past what stands between, and arrives level", () => {
  expect(detour(0, 50, 200, 60, { from: 40, to: 160, y: 10 })).toBe("M0 50C20 50 20 10 40 10L160 10C180 10 180 60 200 60");
});
