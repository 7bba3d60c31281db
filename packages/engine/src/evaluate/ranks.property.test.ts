import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CorrectBits, countCorrect, emptyBits, markCorrect } from "./correct-bits.ts";
import { wilson } from "./intervals.ts";
import { PackedBits } from "./packed-bits.ts";
import { countDisagreements, pairedDifference } from "./paired-difference.ts";
import type { RankedScore } from "./ranked-pairs.ts";
import { type CountDiscordant, type PairMemory, rankModels } from "./ranks.ts";

type Model = readonly CorrectBits[];

function bitsOf(answers: readonly boolean[]): CorrectBits {
  const bits = emptyBits(answers.length);
  answers.forEach((isRight, index) => {
    if (isRight) markCorrect(bits, index);
  });
  return { bits, n: answers.length };
}

const scoreOf = (task: CorrectBits): RankedScore => {
  const correct = countCorrect(task);
  return { value: correct / task.n, n: task.n, correct, ...wilson(correct, task.n) };
};

const meanOf = (model: Model) => model.reduce((sum, task) => sum + countCorrect(task) / task.n, 0) / model.length;

function counterOf(models: readonly Model[]): CountDiscordant & { asked: number } {
  const count = async (task: number, pairs: Uint32Array) => {
    counter.asked += pairs.length / 2;
    return Array.from({ length: pairs.length / 2 }, (_, i) => {
      const [a, b] = [models[pairs[2 * i] ?? 0]?.[task], models[pairs[2 * i + 1] ?? 0]?.[task]];
      if (!a || !b) throw new Error("no such model");
      const { onlyFirst, onlySecond } = countDisagreements(a, b);
      return onlyFirst + onlySecond;
    });
  };
  const counter = Object.assign(count, { asked: 0 });
  return counter;
}

/** Remembers pairs by the models themselves, wherever they stand in a list. */
class ModelMemory {
  readonly #known = new Map<Model, Map<Model, boolean>>();

  of(models: readonly Model[]): PairMemory {
    const at = (place: number) => models[place] ?? [];
    return {
      get: (above, row) => this.#known.get(at(above))?.get(at(row)),
      set: (above, row, isBetter) => {
        const own = this.#known.get(at(above)) ?? new Map<Model, boolean>();
        this.#known.set(at(above), own.set(at(row), isBetter));
      },
    };
  }
}

/** Ranks by best mean first; equal means keep the order in which they are given. */
async function rank(models: readonly Model[], pairsAtOnce?: number, memory?: ModelMemory) {
  const sorted = [...models].sort((a, b) => meanOf(b) - meanOf(a));
  const countDiscordant = counterOf(sorted);
  const ranks = await rankModels(
    sorted.map((model) => model.map(scoreOf)),
    {
      lowerIsBetter: (sorted[0] ?? []).map(() => false),
      countDiscordant,
      ...(pairsAtOnce === undefined ? {} : { pairsAtOnce }),
      ...(memory ? { memory: memory.of(sorted) } : {}),
    },
  );
  return { sorted, ranks: [...ranks], asked: countDiscordant.asked };
}

const sizes = [24, 7, 40];
const modelArbitrary: fc.Arbitrary<Model> = fc
  .tuple(...sizes.map((n) => fc.array(fc.boolean(), { minLength: n, maxLength: n })))
  .map((tasks) => tasks.map(bitsOf));
const modelsArbitrary = fc.array(modelArbitrary, { minLength: 1, maxLength: 9 });

describe("ranks", () => {
  test("are one more than the number of models that the paired interval puts ahead, for all pairs counted one by one", async () => {
    await fc.assert(
      fc.asyncProperty(modelsArbitrary, async (models) => {
        const { sorted, ranks } = await rank(models);
        let least = 1;
        sorted.forEach((model, i) => {
          const ahead = sorted.slice(0, i).filter((above) => pairedDifference(above, model).low > 0).length;
          least = Math.max(least, 1 + ahead);
          expect(ranks[i]).toBe(least);
        });
      }),
    );
  });

  test("are the same in blocks of few pairs", async () => {
    await fc.assert(
      fc.asyncProperty(modelsArbitrary, async (models) => {
        expect((await rank(models, 1)).ranks).toEqual((await rank(models)).ranks);
      }),
    );
  });

  test("do not depend on the order in which models with different means come", async () => {
    await fc.assert(
      fc.asyncProperty(
        modelsArbitrary.filter((models) => new Set(models.map(meanOf)).size === models.length),
        fc.integer(),
        async (models, seed) => {
          const shuffled = [...models].sort((a, b) => ((meanOf(a) * 1e6) ^ seed) - ((meanOf(b) * 1e6) ^ seed));
          expect((await rank(shuffled)).ranks).toEqual((await rank(models)).ranks);
        },
      ),
    );
  });

  test("are the same with what is remembered of fewer models, of which no pair is counted again", async () => {
    await fc.assert(
      fc.asyncProperty(modelsArbitrary, fc.nat(), async (models, cut) => {
        const memory = new ModelMemory();
        await rank(models.slice(0, cut % (models.length + 1)), undefined, memory);
        expect((await rank(models, undefined, memory)).ranks).toEqual((await rank(models)).ranks);
        expect((await rank(models, undefined, memory)).asked).toBe(0);
      }),
    );
  });

  test("never fall with the mean, start at 1, and never exceed the place", async () => {
    await fc.assert(
      fc.asyncProperty(modelsArbitrary, async (models) => {
        const { ranks } = await rank(models);
        expect(ranks[0]).toBe(1);
        ranks.forEach((each, i) => {
          expect(each).toBeGreaterThanOrEqual(ranks[i - 1] ?? 1);
          expect(each).toBeLessThanOrEqual(i + 1);
        });
      }),
    );
  });

  test("are shared by models that answer alike", async () => {
    await fc.assert(
      fc.asyncProperty(modelArbitrary, fc.integer({ min: 2, max: 6 }), async (model, copies) => {
        expect((await rank(Array.from({ length: copies }, () => model))).ranks).toEqual(Array(copies).fill(1));
      }),
    );
  });

  test("do not chain: small steps from first to last leave the last behind", async () => {
    const models = Array.from({ length: 40 }, (_, i) => [bitsOf(Array.from({ length: 800 }, (_, at) => at < 700 - 4 * i))]);
    const { ranks } = await rank(models);
    expect(ranks.slice(0, 2)).toEqual([1, 1]);
    expect(ranks.at(-1)).toBeGreaterThan(30);
  });

  test("are counted example by example only where the numbers of right answers leave it open", async () => {
    const clear = [700, 500, 300, 100].map((right) => [bitsOf(Array.from({ length: 800 }, (_, at) => at < right))]);
    expect(await rank(clear)).toMatchObject({ ranks: [1, 2, 3, 4], asked: 0 });
  });

  test("use plain intervals where examples are neither right nor wrong, and less is better for perplexity", async () => {
    const score = (value: number, half: number): RankedScore => ({
      value,
      n: 9,
      low: value - half,
      high: value + half,
      correct: null,
    });
    const options = { lowerIsBetter: [true], countDiscordant: async () => [] };
    const models = [[score(3.0, 0.05)], [score(3.02, 0.05)], [score(4, 0.05)]];
    expect([...(await rankModels(models, options))]).toEqual([1, 1, 3]);
    const unsure = [[score(3, 0.05)], [{ ...score(9, 1), low: null, high: null }]];
    expect([...(await rankModels(unsure, options))], "a score without an interval is behind nobody").toEqual([1, 1]);
  });

  test("refuse a model without a score", async () => {
    const options = { lowerIsBetter: [false], countDiscordant: async () => [] };
    await expect(rankModels([[]], options)).rejects.toThrow("Model 1 has no score on task 1.");
  });
});

test("packed bits count what single bits count", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 130 })
        .chain((n) =>
          fc.tuple(
            fc.array(fc.boolean(), { minLength: n, maxLength: n }),
            fc.array(fc.boolean(), { minLength: n, maxLength: n }),
          ),
        ),
      ([first, second]) => {
        const [a, b] = [bitsOf(first), bitsOf(second)];
        const packed = new PackedBits(3, a.bits.length);
        packed.set(0, a.bits);
        packed.set(2, b.bits);
        const { onlyFirst, onlySecond } = countDisagreements(a, b);
        expect(packed.discordant(0, 2)).toBe(onlyFirst + onlySecond);
        expect(packed.discordant(0, 1), "a row that was never set has nothing right").toBe(countCorrect(a));
        expect(() => packed.set(1, new Uint8Array(a.bits.length + 4))).toThrow("do not fit");
      },
    ),
  );
});
