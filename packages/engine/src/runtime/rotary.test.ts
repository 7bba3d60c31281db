import { expect, test } from "vitest";
import { rotaryFrequencies, rotaryTables } from "./rotary.ts";

/** Of heads of 128 elements with θ = 500 000, as torch 2.15 computes them in float32: pair, its turn per position, cosine and sine at position 8001. */
const torch = [
  [1, 0.8146172165870667, -0.495561808347702, 0.8685726523399353],
  [2, 0.663601279258728, 0.9834749102592468, 0.18104435503482819],
  [4, 0.44036662578582764, 0.07705356180667877, -0.9970269203186035],
  [8, 0.193922758102417, 0.9320221543312073, -0.36240139603614807],
  [10, 0.12868738174438477, 0.6860831379890442, -0.7275230884552002],
  [20, 0.016560440883040428, 0.8508474826812744, 0.5254127383232117],
  [40, 0.00027424818836152554, -0.5838503837585449, 0.8118612766265869],
  [63, 2.4551407022954663e-6, 0.9998070597648621, 0.019642317667603493],
] as const;

test("turns are rounded as in the programs that models were trained with, which shows at far positions", () => {
  const frequencies = rotaryFrequencies({ rope_theta: 500_000 }, 128, "config.json");
  expect(frequencies.length).toBe(64);
  const { cos, sin } = rotaryTables(frequencies)(upTo(8002));
  for (const [pair, turn, cosine, sine] of torch) {
    expect(frequencies[pair]).toBe(turn);
    expect(Math.abs((cos[8001 * 64 + pair] ?? Number.NaN) - cosine)).toBeLessThan(1.2e-7);
    expect(Math.abs((sin[8001 * 64 + pair] ?? Number.NaN) - sine)).toBeLessThan(1.2e-7);
  }
});

const upTo = (length: number): Int32Array => Int32Array.from({ length }, (_, place) => place);

test("of any places, tables hold the rows that a whole text has there", () => {
  const tables = rotaryTables(rotaryFrequencies({}, 4, "config.json"));
  const [whole, some] = [tables(upTo(9)), tables(Int32Array.of(7, 0, 7, 8))];
  const rows = [7, 0, 7, 8].flatMap((place) => [2 * place, 2 * place + 1]);
  expect([...some.cos]).toEqual(rows.map((at) => whole.cos[at]));
  expect([...some.sin]).toEqual(rows.map((at) => whole.sin[at]));
});

test("tables of a short text are the beginning of those of a long one, whichever was asked for first", () => {
  const frequencies = rotaryFrequencies({}, 8, "config.json");
  const tables = rotaryTables(frequencies);
  const short = tables(upTo(3));
  const long = tables(upTo(50));
  expect(long.cos.length).toBe(200);
  expect([...tables(upTo(3)).cos]).toEqual([...short.cos]);
  expect([...long.sin.subarray(0, 12)]).toEqual([...short.sin]);
});

test("llama3 keeps fast turns, slows slow ones by its factor, and mixes those between", () => {
  const scaling = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const plain = rotaryFrequencies({ rope_theta: 500_000 }, 128, "config.json");
  const scaled = rotaryFrequencies({ rope_theta: 500_000, rope_scaling: scaling }, 128, "config.json");
  expect(scaled[10]).toBe(plain[10]);
  expect(scaled[50]).toBe((plain[50] ?? 0) / 8);
  const between = (scaled[32] ?? 0) / (plain[32] ?? 0);
  expect(between).toBeGreaterThan(1 / 8);
  expect(between).toBeLessThan(1);
});
