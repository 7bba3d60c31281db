import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wilson } from "./intervals.ts";
import { type NormalisedTask, normalisedMean, normalisedScore } from "./normalised-mean.ts";

/** A model with x examples that only it has right, y that only the expert has, and some that both have. */
function task(
  n: number,
  both: number,
  onlyModel: number,
  onlyExpert: number,
  more: Partial<NormalisedTask> = {},
): NormalisedTask {
  const [correct, expertCorrect] = [both + onlyModel, both + onlyExpert];
  return {
    score: { value: correct / n, ...wilson(correct, n) },
    expert: { value: expertCorrect / n, ...wilson(expertCorrect, n) },
    lowerIsBetter: false,
    isExpert: false,
    paired: { n, correct, expertCorrect, discordant: onlyModel + onlyExpert },
    ...more,
  };
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

type Draw = readonly [boolean, boolean];

/** Answers of a model and an expert that share what makes an example hard. */
const sample = (random: () => number, n: number): Draw[] =>
  Array.from({ length: n }, () => {
    const ease = random();
    return [random() < ease * 0.85, random() < ease ** 0.5] as const;
  });

function taskOf(draws: readonly Draw[]): NormalisedTask {
  const count = (keep: (draw: Draw) => boolean) => draws.filter(keep).length;
  return task(
    draws.length,
    count(([a, b]) => a && b),
    count(([a, b]) => a && !b),
    count(([a, b]) => !a && b),
  );
}

const widthOf = (tasks: readonly NormalisedTask[]) => {
  const mean = normalisedMean(tasks);
  return (mean?.high ?? Number.NaN) - (mean?.low ?? Number.NaN);
};

const cells = fc
  .tuple(...[1, 2, 3, 4].map(() => fc.integer({ min: 0, max: 300 })))
  .filter(([both = 0, , onlyExpert = 0]) => both + onlyExpert > 0)
  .map(([both = 0, onlyModel = 0, onlyExpert = 0, neither = 0]) =>
    task(both + onlyModel + onlyExpert + neither, both, onlyModel, onlyExpert),
  );
const tasksArbitrary = fc.array(cells, { minLength: 1, maxLength: 6 });

describe("the normalised mean", () => {
  test("is the mean of score by expert, and lies in its interval", () => {
    fc.assert(
      fc.property(tasksArbitrary, (tasks) => {
        const mean = normalisedMean(tasks);
        const ratios = tasks.map(({ score, expert }) => score.value / expert.value);
        expect(mean?.value).toBeCloseTo(ratios.reduce((a, b) => a + b) / ratios.length, 9);
        expect(mean?.low).toBeGreaterThanOrEqual(0);
        expect(mean?.low).toBeLessThanOrEqual((mean?.value ?? 0) + 1e-12);
        expect(mean?.high).toBeGreaterThan(mean?.value ?? 0);
      }),
    );
  });

  test("does not depend on the order of the tasks", () => {
    fc.assert(
      fc.property(tasksArbitrary, (tasks) => {
        const [forth, back] = [normalisedMean(tasks), normalisedMean([...tasks].reverse())];
        expect(back?.value).toBeCloseTo(forth?.value ?? 0, 9);
        expect(back?.high).toBeCloseTo(forth?.high ?? 0, 9);
      }),
    );
  });

  test("rises with every further example that only the model has right", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 0, max: 4 }), (both, onlyModel) => {
        const [less, more] = [task(200, both, onlyModel, 50), task(200, both, onlyModel + 1, 50)].map((each) =>
          normalisedMean([each]),
        );
        expect(more?.value).toBeGreaterThan(less?.value ?? 0);
        expect(more?.high).toBeGreaterThan(less?.high ?? 0);
      }),
    );
  });

  test("is narrower with the pairing than without when the two err alike, and narrower with more examples", () => {
    const paired = task(1000, 700, 20, 120);
    expect(widthOf([paired])).toBeLessThan(0.7 * widthOf([{ ...paired, paired: null }]));
    expect(widthOf([task(4000, 2800, 80, 480)])).toBeCloseTo(widthOf([paired]) / 2, 2);
  });

  test("agrees with a paired bootstrap over the examples", () => {
    const random = generator(5);
    const draws = [400, 250].map((n) => sample(random, n));
    const { low, high } = normalisedMean(draws.map(taskOf)) ?? {};
    const means = Array.from({ length: 4000 }, () => {
      const again = draws.map((own) => taskOf(own.map(() => own[Math.floor(random() * own.length)] ?? [false, false])));
      return normalisedMean(again)?.value ?? Number.NaN;
    }).sort((a, b) => a - b);
    expect(Math.abs((low ?? 0) - (means[100] ?? 0))).toBeLessThan(0.008);
    expect(Math.abs((high ?? 0) - (means[3899] ?? 0))).toBeLessThan(0.008);
  });

  test("covers the true ratio in about 95 of 100 experiments", () => {
    const random = generator(17);
    // E[0.85·u] = 0.425 for the model, E[√u] = 2/3 for the expert.
    const truth = 0.425 / (2 / 3);
    const covered = Array.from({ length: 1000 }, () => {
      const mean = normalisedMean([80, 150].map((n) => taskOf(sample(random, n))));
      return (mean?.low ?? 1) <= truth && truth <= (mean?.high ?? 0);
    }).filter(Boolean).length;
    expect(covered).toBeGreaterThan(930);
    expect(covered).toBeLessThan(975);
  });

  test("is exactly 1 for the expert itself", () => {
    const own = task(100, 80, 0, 0, { isExpert: true });
    expect(normalisedMean([own, own])).toEqual({ value: 1, low: 1, high: 1 });
  });

  test("turns the ratio where less is better, and adds variances that cannot be paired", () => {
    const perplexity: NormalisedTask = {
      score: { value: 4, low: 3.8, high: 4.2 },
      expert: { value: 3, low: 2.9, high: 3.1 },
      lowerIsBetter: true,
      isExpert: false,
      paired: null,
    };
    const mean = normalisedMean([perplexity]);
    expect(mean?.value).toBe(0.75);
    expect((mean?.high ?? 0) - 0.75).toBeCloseTo(Math.sqrt(0.1 ** 2 + (0.75 * 0.2) ** 2) / 4, 9);
  });

  test("says nothing where an expert has nothing right, and no interval where a score has none", () => {
    expect(normalisedScore(task(10, 0, 5, 0))).toBeNull();
    expect(normalisedMean([task(10, 5, 0, 0), task(10, 0, 5, 0)])).toBeNull();
    const bare = task(10, 5, 0, 2, { paired: null, score: { value: 0.5, low: null, high: null } });
    expect(normalisedMean([bare])).toMatchObject({ low: null, high: null });
    expect(() => normalisedMean([])).toThrow("at least one task");
  });
});
