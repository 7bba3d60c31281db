import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { alignEmbeddings, type EmbeddingAlignment } from "./align-embeddings.ts";
import { bytesOfRows, isPrefix, matricesOf, type RowMap, rowMaps, rowOf, runEnd } from "./row-map.ts";
import { modelOf, plain } from "./test/tokenizer-samples.ts";
import { tokenizerPolicy } from "./tokenizer-policy.ts";

const token = fc.constantFrom(..."abcdefghijkl", "__proto__", "constructor", "0", "7");
/** Distinct tokens with distinct ids, with gaps. */
const tokens = fc
  .uniqueArray(token, { minLength: 1 })
  .chain((names) =>
    fc
      .uniqueArray(fc.nat(24), { minLength: names.length, maxLength: names.length })
      .map((ids) => names.map((name, i) => [name, ids[i] ?? 0] as const)),
  );
const models = fc
  .array(fc.tuple(tokens, fc.nat(3)), { minLength: 1, maxLength: 4 })
  .map((list) => list.map(([entries, extra], i) => modelOf(plain(`m${i}`, entries), 25 + extra)));
const rule = fc.oneof(fc.constant({}), fc.constant({ source: { kind: "zero" } }), fc.constant({ force: true }));
const policies = fc
  .record({
    source: fc.constantFrom("union", "base", "m0"),
    tokens: fc.dictionary(fc.constantFrom("a", "b", "new", "other"), rule),
    padToMultipleOf: fc.option(fc.integer({ min: 1, max: 16 })),
  })
  .map((value) => tokenizerPolicy.parse(value));

const defaultsByRow = ({ defaults }: EmbeddingAlignment) => new Map(defaults.map((entry) => [entry.outputRow, entry.from]));

test("every output row of each model is its own row of that token, or a default row", () => {
  fc.assert(
    fc.property(models, policies, (given, policy) => {
      const result = alignEmbeddings(given, 0, policy);
      const defaults = defaultsByRow(result);
      given.forEach(({ vocabulary, rows }, i) => {
        const own = result.own[i] ?? new Int32Array();
        expect(own.length).toBe(result.rows);
        own.forEach((row, outputRow) => {
          if (row < 0) expect(defaults.has(outputRow)).toBe(true);
          const name = result.vocabulary.tokens[outputRow] ?? null;
          expect(row).toBeLessThan(rows);
          if (row >= 0 && name !== null) expect(row).toBe(vocabulary.tokens.get(name));
        });
      });
    }),
  );
});

test("default rows exist, are of that token in their model, ascend, and are needed by some model", () => {
  fc.assert(
    fc.property(models, policies, (given, policy) => {
      const result = alignEmbeddings(given, 0, policy);
      const rows = result.defaults.map(({ outputRow }) => outputRow);
      expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
      for (const { outputRow, from } of result.defaults) {
        expect(result.own.some((own) => (own[outputRow] ?? 0) < 0)).toBe(true);
        const name = result.vocabulary.tokens[outputRow] ?? null;
        expect(from === "mean").toBe(name === null);
        if (typeof from !== "string")
          for (const { model, row } of from) expect(given[model]?.vocabulary.tokens.get(name ?? "")).toBe(row);
      }
    }),
  );
});

test("a union holds every token once; its ids are dense once a token was added", () => {
  fc.assert(
    fc.property(models, (given) => {
      const { tokens: output, ids, isOwners } = alignEmbeddings(given, 0, tokenizerPolicy.parse({})).vocabulary;
      const all = new Set(given.flatMap(({ vocabulary }) => [...vocabulary.tokens.keys()]));
      const named = output.filter((name) => name !== null);
      expect(new Set(named)).toEqual(all);
      expect(named.length).toBe(all.size);
      for (const [name, id] of ids) expect(output[id]).toBe(name);
      if (!isOwners) expect(named.length).toBe(output.length);
    }),
  );
});

test("identical vocabularies give the identity map and no default rows", () => {
  fc.assert(
    fc.property(tokens, fc.integer({ min: 1, max: 4 }), fc.constantFrom("union", "base", "m1"), (entries, count, source) => {
      const given = Array.from({ length: count + 1 }, (_, i) => modelOf(plain(`m${i}`, entries)));
      const { own, defaults, rows, vocabulary } = alignEmbeddings(given, 0, tokenizerPolicy.parse({ source }));
      expect(vocabulary.isOwners).toBe(true);
      expect(defaults).toEqual([]);
      for (const map of own) expect([...map]).toEqual(Array.from({ length: rows }, (_, row) => row));
    }),
  );
});

test("the order of two models beside the base permutes the tail alone", () => {
  fc.assert(
    fc.property(tokens, tokens, tokens, (base, a, b) => {
      const [m0, m1, m2] = [base, a, b].map((entries, i) => modelOf(plain(`m${i}`, entries)));
      if (m0 === undefined || m1 === undefined || m2 === undefined) throw new Error("There are three.");
      const one = alignEmbeddings([m0, m1, m2], 0, tokenizerPolicy.parse({})).vocabulary.tokens;
      const other = alignEmbeddings([m0, m2, m1], 0, tokenizerPolicy.parse({})).vocabulary.tokens;
      const head = m0.vocabulary.tokens.size;
      if (one.length > m0.vocabulary.size) expect(other.slice(0, head)).toEqual(one.slice(0, head));
      expect([...other].sort()).toEqual([...one].sort());
    }),
  );
});

test("padToMultipleOf rounds the rows up, by less than itself", () => {
  fc.assert(
    fc.property(models, fc.integer({ min: 1, max: 64 }), (given, padToMultipleOf) => {
      const { rows, vocabulary, own, defaults } = alignEmbeddings(given, 0, tokenizerPolicy.parse({ padToMultipleOf }));
      expect(rows % padToMultipleOf).toBe(0);
      expect(rows - vocabulary.tokens.length).toBeGreaterThanOrEqual(0);
      expect(rows - vocabulary.tokens.length).toBeLessThan(padToMultipleOf);
      for (const map of own) for (const row of map.subarray(vocabulary.tokens.length)) expect(row).toBe(-1);
      const padding = defaults.filter(({ outputRow }) => outputRow >= vocabulary.tokens.length);
      expect(padding).toEqual(
        Array.from({ length: rows - vocabulary.tokens.length }, (_, i) => ({
          outputRow: vocabulary.tokens.length + i,
          from: "mean",
        })),
      );
    }),
  );
});

/** What a map says of a row, in the words of an alignment. */
function fromOf({ matrix, row, averages: { starts, ...lists } }: RowMap, at: number) {
  const from = matrix[at] ?? 0;
  const place = row[at] ?? 0;
  if (from >= 0) return [{ model: from, row: place }];
  if (from !== rowOf.average) return from === rowOf.mean ? "mean" : "zero";
  return [...lists.matrix.slice(starts[place], starts[place + 1])].map((model, i) => ({
    model,
    row: lists.row[(starts[place] ?? 0) + i],
  }));
}

test("a row map says the same as the alignment, for each model and row", () => {
  fc.assert(
    fc.property(models, policies, (given, policy) => {
      const result = alignEmbeddings(given, 0, policy);
      const defaults = defaultsByRow(result);
      rowMaps(result).forEach((map, model) => {
        const own = result.own[model] ?? new Int32Array();
        const expected = [...own].map((row, at) => (row >= 0 ? [{ model, row }] : defaults.get(at)));
        expect(expected.map((_, at) => fromOf(map, at))).toEqual(expected);
        expect(map.hasMean).toBe(expected.includes("mean"));
        expect(isPrefix(map, model)).toBe(expected.every((from, at) => isDeepStrictEqual(from, [{ model, row: at }])));
        const named = expected.flatMap((from) => (Array.isArray(from) ? from.map((each) => each.model) : []));
        expect([...matricesOf(map)].sort()).toEqual([...new Set(named)].sort());
      });
    }),
  );
});

test("runs cover tiles once, and within one every row comes right after the one before", () => {
  fc.assert(
    fc.property(models, policies, fc.integer({ min: 1, max: 9 }), (given, policy, tileRows) => {
      const result = alignEmbeddings(given, 0, policy);
      for (const map of rowMaps(result))
        for (let begin = 0; begin < result.rows; begin += tileRows) {
          const end = Math.min(result.rows, begin + tileRows);
          let at = begin;
          while (at < end) {
            const next = runEnd(map, at, end);
            expect(next).toBeGreaterThan(at);
            const first = fromOf(map, at);
            for (let row = at; row < next; row += 1) {
              const shifted = Array.isArray(first) ? first.map((each) => ({ ...each, row: (each.row ?? 0) + row - at })) : first;
              expect(fromOf(map, row)).toEqual(shifted);
            }
            at = next;
          }
          expect(at).toBe(end);
        }
    }),
  );
});

test("bytes of parts add up to those of the whole, wherever it is cut", () => {
  fc.assert(
    fc.property(
      models,
      policies,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40 }),
      (given, policy, columns, step) => {
        const result = alignEmbeddings(given, 0, policy);
        const sizes = given.map((_, model) => 2 + 2 * (model % 2));
        for (const map of rowMaps(result)) {
          let parts = 0;
          const elements = result.rows * columns;
          for (let begin = 0; begin < elements; begin += step)
            parts += bytesOfRows(map, sizes, { columns, begin, count: Math.min(step, elements - begin) });
          const rows = Array.from({ length: result.rows }, (_, at) => fromOf(map, at));
          const whole = rows
            .flatMap((from) => (Array.isArray(from) ? from : []))
            .map(({ model }) => columns * (sizes[model] ?? 0));
          expect(parts).toBe(whole.reduce((sum, bytes) => sum + bytes, 0));
        }
      },
    ),
  );
});
