import { appendFileSync } from "node:fs";
import { scoreTrunk } from "@amalgam/engine/laboratory";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import type { Params } from "@amalgam/engine/tune";
import type { SixTasks, Split } from "../laboratory.ts";
import { readLines } from "../read-lines.ts";
import { macro } from "../tune-arm.ts";

interface Known {
  readonly split: Split;
  readonly params: Params;
  readonly value: number;
}

/** Accuracy of a merge by its λ, computed once: several optimisers ask for the same points. Values are kept in a file, one a line. */
export class Objective {
  readonly #sixTasks: SixTasks;
  readonly #merge: (params: Params) => Promise<TensorMap>;
  readonly #file: string;
  readonly #known = new Map<string, number>();

  constructor(sixTasks: SixTasks, merge: (params: Params) => Promise<TensorMap>, file: string) {
    this.#sixTasks = sixTasks;
    this.#merge = merge;
    this.#file = file;
    for (const { split, params, value } of readLines<Known>(file)) this.#known.set(keyOf(split, params), value);
  }

  async value(split: Split, params: Params): Promise<number> {
    const key = keyOf(split, params);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { laboratory, examples } = this.#sixTasks;
    const value = macro(await scoreTrunk(laboratory, await this.#merge(params), examples[split]));
    this.#known.set(key, value);
    appendFileSync(this.#file, `${JSON.stringify({ split, params, value })}\n`);
    return value;
  }
}

const keyOf = (split: Split, params: Params): string => `${split} ${JSON.stringify(Object.entries(params).sort())}`;
