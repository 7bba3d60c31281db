import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const css = fs.readFileSync(path.join(import.meta.dirname, "tokens.css"), "utf8");

function block(selector: string): Record<string, string> {
  const body = css.split(`${selector} {`)[1]?.split("}")[0] ?? "";
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]+);/g)].map((m) => [m[1], m[2]]));
}

/** Relative luminance of WCAG 2.2. */
function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, "$&$&") : hex;
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const light = block(":root");
const dark = { ...light, ...block(':root[data-theme="dark"]') };

describe.each([
  ["light", light, 3],
  ["dark", dark, 4.5],
] as const)("tokens, %s", (_, tokens, strandMinimum) => {
  const ratio = (front: string, back: string) => contrast(tokens[front] ?? "", tokens[back] ?? "");

  it("has text at 4.5 : 1 on every ground it stands on", () => {
    for (const back of ["surface", "bg", "sunken", "hover", "raised"]) {
      for (const front of ["ink", "ink-2", "ink-3"])
        expect(ratio(front, back), `${front} on ${back}`).toBeGreaterThanOrEqual(4.5);
    }
    expect(ratio("on-fill", "fill")).toBeGreaterThanOrEqual(4.5);
  });

  it("has status words at 4.5 : 1 on the surface and on their own tint", () => {
    for (const status of ["ok", "warn", "bad", "run"]) {
      expect(ratio(status, "surface"), status).toBeGreaterThanOrEqual(4.5);
      expect(ratio(status, `${status}-bg`), `${status} on its tint`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("has marks and focus rings at 3 : 1", () => {
    for (const mark of ["ink-4", "s0", "focus"]) expect(ratio(mark, "surface"), mark).toBeGreaterThanOrEqual(3);
  });

  it("has strands that stand out from the surface", () => {
    for (let slot = 1; slot <= 8; slot++) {
      expect(ratio(`s${slot}`, "surface"), `s${slot}`).toBeGreaterThanOrEqual(strandMinimum);
    }
  });

  it("has numbers at 4.5 : 1 on every step of both scales", () => {
    const onSequential = (step: number) => (step >= 6 ? "qt6" : step === 5 ? "qt5" : "ink");
    const onDiverging = (step: number) => ([0, 8].includes(step) ? "qt6" : [1, 7].includes(step) ? "qt5" : "ink");
    for (let step = 0; step <= 8; step++) {
      expect(ratio(onSequential(step), `q${step}`), `q${step}`).toBeGreaterThanOrEqual(4.5);
      expect(ratio(onDiverging(step), `d${step}`), `d${step}`).toBeGreaterThanOrEqual(4.5);
    }
  });
});
