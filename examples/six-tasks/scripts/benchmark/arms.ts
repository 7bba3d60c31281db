import { combine } from "@amalgam/engine/laboratory";
import {
  type DfModel,
  dfMerge,
  type FisherAt,
  fisherMerge,
  interpolateFisher,
  type TensorMap,
  trim,
} from "@amalgam/engine/merge-by-statistics";
import type { Params, Sampler, Space } from "@amalgam/engine/tune";

/** A way to merge that has numbers to tune; an empty space has none. */
export interface Arm {
  readonly id: string;
  readonly title: string;
  readonly space: Space;
  readonly anchors: readonly Params[];
  readonly sampler?: Sampler;
  merge(params: Params): TensorMap | Promise<TensorMap>;
}

export const TRIM = 0.2;

/** Fisher information by λ of the task vectors, and of the trimmed ones. */
export interface Grids {
  readonly plain: readonly (readonly FisherAt[])[];
  readonly trimmed: readonly (readonly FisherAt[])[];
}

/** What is merged: a base and its experts, by task. */
export interface Mergeable {
  readonly tasks: readonly string[];
  readonly base: TensorMap;
  /** In the order of the tasks. */
  readonly experts: readonly { readonly weights: TensorMap; readonly delta: TensorMap }[];
  ties(params: { readonly density: number; readonly lambda: number }): Promise<TensorMap>;
}

/** All arms of the benchmark. */
export function armsOf({ tasks, base, experts, ties }: Mergeable, grids: Grids): Arm[] {
  const deltas = experts.map(({ delta }) => delta);
  const count = tasks.length;
  const trimmed = deltas.map((delta) => trim(delta, TRIM));
  const each = (high: number): Space => tasks.map((task) => ({ name: task, kind: "float", low: 0, high }));
  const all = (value: number): Params => Object.fromEntries(tasks.map((task) => [task, value]));
  const starts = [1 / count, 0.3, 0.5, 1].map(all);
  const shared = (high: number): Space => [{ name: "lambda", kind: "float", low: 0, high }];
  const sharedStarts = [1 / count, 0.3, 0.5, 1].map((lambda) => ({ lambda }));
  const merge = (
    own: readonly TensorMap[],
    lambdas: readonly number[],
    fisher: (i: number, lambda: number) => TensorMap | null,
  ): TensorMap => {
    const models = own.map((delta, i): DfModel => {
      const lambda = lambdas[i] ?? 0;
      return { delta, lambda, fisher: fisher(i, lambda) };
    });
    return dfMerge(base, models);
  };
  const byTask = (params: Params): number[] => tasks.map((task) => params[task] ?? 0);
  const none = () => null;
  const conditional = (own: Grids["plain"]) => (i: number, lambda: number) => interpolateFisher(own[i] ?? [], lambda);
  const frozen = (i: number) => interpolateFisher(grids.plain[i] ?? [], 1);
  let fisherMean: TensorMap | null = null;
  const meanByFisher = (): TensorMap => {
    fisherMean ??= fisherMerge(
      experts.map(({ weights }, i) => ({ weights, fisher: frozen(i) })),
      { favourTarget: false },
    );
    return fisherMean;
  };
  return [
    { id: "base", title: "base", space: [], anchors: [], merge: () => base },
    {
      id: "average",
      title: "average",
      space: [],
      anchors: [],
      merge: () =>
        merge(
          deltas,
          tasks.map(() => 1 / count),
          none,
        ),
    },
    {
      id: "task-arithmetic",
      title: "task arithmetic, shared λ",
      space: shared(1),
      anchors: sharedStarts,
      merge: ({ lambda = 0 }) =>
        merge(
          deltas,
          tasks.map(() => lambda),
          none,
        ),
    },
    {
      id: "task-arithmetic-bo",
      title: "task arithmetic, λ by task",
      space: each(1),
      anchors: starts,
      merge: (params) => merge(deltas, byTask(params), none),
    },
    {
      id: "ties",
      title: "TIES",
      space: [
        { name: "density", kind: "float", low: 0.02, high: 1, log: true },
        { name: "lambda", kind: "float", low: 0, high: 3 },
      ],
      anchors: [
        { density: 0.2, lambda: 1 },
        { density: 0.1, lambda: 1 },
      ],
      merge: ({ density = 0.2, lambda = 1 }) => ties({ density, lambda }),
    },
    {
      id: "fisher",
      title: "Fisher merging, tuned scale",
      space: [{ name: "scale", kind: "float", low: 0, high: 3 }],
      anchors: [{ scale: 1 }],
      merge: ({ scale = 1 }) =>
        combine(base, (name, values) => {
          const own = meanByFisher().get(name);
          return values.map((value, p) => value + scale * ((own?.[p] ?? value) - value));
        }),
    },
    {
      id: "df",
      title: "DF-Merge",
      space: each(1),
      anchors: starts,
      merge: (params) => merge(deltas, byTask(params), conditional(grids.plain)),
    },
    {
      id: "df-frozen",
      title: "DF-Merge, Fisher frozen at the experts",
      space: each(1),
      anchors: starts,
      merge: (params) => merge(deltas, byTask(params), frozen),
    },
    {
      id: "df-shared",
      title: "DF-Merge, shared λ",
      space: shared(1),
      anchors: sharedStarts,
      merge: ({ lambda = 0 }) =>
        merge(
          deltas,
          tasks.map(() => lambda),
          conditional(grids.plain),
        ),
    },
    {
      id: "df-random",
      title: "DF-Merge, random search",
      space: each(1),
      anchors: [],
      sampler: { kind: "random" },
      merge: (params) => merge(deltas, byTask(params), conditional(grids.plain)),
    },
    {
      id: "trimmed-ta",
      title: "trimmed task arithmetic (ours)",
      space: each(2),
      anchors: starts,
      merge: (params) => merge(trimmed, byTask(params), none),
    },
    {
      id: "trimmed-df",
      title: "trimmed DF-Merge (ours)",
      space: each(2),
      anchors: starts,
      merge: (params) => merge(trimmed, byTask(params), conditional(grids.trimmed)),
    },
  ];
}
