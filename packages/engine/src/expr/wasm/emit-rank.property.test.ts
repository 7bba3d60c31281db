import fc from "fast-check";
import { expect, it } from "vitest";
import { emitRank } from "./emit-rank.ts";
import { encodeModule } from "./encoding.ts";
import { layoutFor } from "./layout.ts";
import { webAssembly } from "./web-assembly.ts";

const layout = layoutFor({ inputs: 0, derived: 1, reductions: 0, tileBytes: 4 << 18 });
const memory = new webAssembly.Memory({ initial: layout.pages, maximum: layout.pages });
type Ranks = (begin: number, end: number) => number;
let compiled: Ranks | null = null;
/** Compiled by the first test that asks, so that a fault in the emitter is a failing test. */
const ranks: Ranks = (begin, end) => {
  if (compiled === null) {
    const module = new webAssembly.Module(encodeModule([emitRank("ranks", layout.derived(0), layout.ranking)], layout.pages));
    compiled = (new webAssembly.Instance(module, { env: { memory } }).exports as { ranks: Ranks }).ranks;
  }
  return compiled(begin, end);
};
const tile = new Float32Array(memory.buffer, layout.derived(0), 1 << 19);
const whole = new Uint8Array(memory.buffer);

/** Places that the kernel gives to values that lie from `begin` on, and to the rest of their last group. */
function ranked(values: Float32Array, begin: number): Float32Array {
  const padded = Math.ceil(values.length / 8) * 8;
  tile.fill(7);
  tile.set(values, begin);
  tile.fill(values.at(-1) ?? 0, begin + values.length, begin + padded);
  ranks(begin, begin + values.length);
  expect([tile[begin - 1] ?? 7, tile[begin + padded]]).toEqual([7, 7]);
  return tile.slice(begin, begin + padded);
}

function sorted(values: Float32Array): Float32Array {
  const order = Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const places = new Float32Array(Math.ceil(values.length / 8) * 8);
  order.forEach((element, place) => {
    places[element] = place;
  });
  return places.fill(places[values.length - 1] ?? 0, values.length);
}

const lengths = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(2047, 2048, 2049, 4095, 4096, 4097, 16384));
const random = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
};
/** Distributions, from a source of numbers between 0 and 1. */
const shapes: Readonly<Record<string, (next: () => number) => number>> = {
  even: (next) => next(),
  normal: (next) => (next() + next() + next() + next() - 2) * 0.0015,
  magnitudes: (next) => Math.abs(next() + next() + next() + next() - 2) * 0.0015,
  "mostly zeros": (next) => (next() < 0.9 ? 0 : next() - 0.5),
  "both zeros": (next) => (next() < 0.5 ? -0 : next() < 0.5 ? 0 : 1),
  equal: () => 3,
  "few values": (next) => Math.floor(next() * 5) - 2,
  denormals: (next) => Math.floor((next() - 0.5) * 100) * 2 ** -149,
  huge: (next) => (next() - 0.5) * 6e38,
  "every magnitude": (next) => (next() - 0.5) * 2 ** Math.floor(next() * 250 - 125),
  "close together, and one far away": (next) => (next() < 0.001 ? 1e30 : 1 + Math.floor(next() * 256) * 2 ** -23),
  "close together on both sides of zero": (next) => (next() < 0.5 ? -1 : 1) * (1 + Math.floor(next() * 1000) * 2 ** -23),
};
const rows = fc.tuple(fc.constantFrom(...Object.keys(shapes)), lengths, fc.integer()).map(([shape, length, seed]) => {
  const next = random(seed);
  return Float32Array.from({ length }, () => shapes[shape]?.(next) ?? 0);
});

it("ranks the values of a row as a sort by value, then position, does, and touches nothing else", () => {
  fc.assert(
    fc.property(rows, fc.constantFrom(0, 8, 4096), (values, begin) => {
      expect(ranked(values, begin)).toEqual(sorted(values));
    }),
    { numRuns: 400 },
  );
});

it("ranks any few values", () => {
  const value = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1, -1));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (list) => {
      const values = Float32Array.from(list);
      expect(ranked(values, 8)).toEqual(sorted(values));
    }),
    { numRuns: 1000 },
  );
});

it.each(Object.keys(shapes))("ranks a long row (%s)", (shape) => {
  const next = random(1);
  const values = Float32Array.from({ length: 200_003 }, () => shapes[shape]?.(next) ?? 0);
  expect(ranked(values, 0)).toEqual(sorted(values));
});

it("ends, and keeps to its memory, when bits are those of NaN", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 5000 }), (bits) => {
      const room = [
        layout.derived(0),
        layout.derived(0) + 4 * tile.length,
        layout.collected,
        layout.ranking.counters + (16 << 10),
      ];
      const [tileBegin = 0, tileEnd = 0, scratchBegin = 0, scratchEnd = 0] = room;
      const outside = () => [whole.slice(0, tileBegin), whole.slice(tileEnd, scratchBegin), whole.slice(scratchEnd)];
      const before = outside();
      const values = new Float32Array(Int32Array.from(bits).buffer);
      expect(new Set(ranked(values, 0).subarray(0, values.length)).size).toBe(values.length);
      expect(outside().every((bytes, i) => Buffer.compare(bytes, before[i] ?? bytes) === 0)).toBe(true);
    }),
    { numRuns: 100 },
  );
});
