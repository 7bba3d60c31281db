import { setImmediate } from "node:timers/promises";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import { borrowValues, type ImageNetwork, tf } from "@amalgam/engine/runtime";
import { type CorrectBits, countCorrect } from "@amalgam/engine/scores";
import { type Domain, domains, shown } from "./domains.ts";
import { type ImageSet, itemsOf } from "./image-set.ts";
import { normNames, pixelsOf } from "./network.ts";
import { reestimate } from "./statistics.ts";
import type { LabelledImage } from "./train.ts";

/** Search items of each task; every task has its own digits. */
const SEARCHED = 250;
const GENERALISED = 500;
const CALIBRATION = 200;
const BATCH = 250;

/** Whether a merge's batch normalisation gets statistics of its own in every domain, or the average of its parents'. */
export type Normalisation = "reestimated" | "averaged";

/** Scores trunks under every task's head. */
export class ImageScorer {
  readonly set: ImageSet;
  readonly search: readonly (readonly LabelledImage[])[];
  readonly #report: readonly (readonly LabelledImage[])[];
  readonly #calibration: ReadonlyMap<Domain, readonly Float32Array[]>;
  readonly #averaged: ReadonlyMap<string, Float32Array>;

  constructor(set: ImageSet) {
    this.set = set;
    const { experts, splits } = set;
    this.search = experts.map(({ task, domain }, i) =>
      itemsOf(splits.search.slice(SEARCHED * i, SEARCHED * (i + 1)), task, domain),
    );
    this.#report = experts.map(({ task, domain }) => itemsOf(splits.report, task, domain));
    this.#calibration = new Map(
      domains.map((domain) => [domain, splits.search.slice(0, CALIBRATION).map((digit) => shown(digit, domain))]),
    );
    this.#averaged = averageStatistics(experts.map(({ network }) => network));
  }

  async score(trunk: TensorMap, split: "search" | "report", how: Normalisation = "reestimated"): Promise<CorrectBits[]> {
    const items = split === "search" ? this.search : this.#report;
    const all: CorrectBits[] = [];
    for (const [i, { network, domain }] of this.set.experts.entries()) {
      write(network.parameters, trunk);
      if (how === "averaged") write(network.layers.buffers, this.#averaged);
      else reestimate(network, this.#calibration.get(domain) ?? []);
      all.push(await classify(network, items[i] ?? []));
    }
    return all;
  }

  /** Every expert on its own pair as it was trained; to be asked before any merge is scored. */
  async ownScores(): Promise<number[]> {
    const all: number[] = [];
    for (const [i, { network }] of this.set.experts.entries()) {
      const bits = await classify(network, this.#report[i] ?? []);
      all.push(countCorrect(bits) / bits.n);
    }
    return all;
  }

  /** Accuracy of every task in every domain that its expert was not trained on. */
  async generalisation(trunk: TensorMap): Promise<CorrectBits[]> {
    const digits = this.set.splits.report.slice(0, GENERALISED);
    const all: CorrectBits[] = [];
    for (const { network, task, domain: own } of this.set.experts) {
      write(network.parameters, trunk);
      for (const domain of domains.filter((each): each is Domain => each !== own)) {
        reestimate(network, this.#calibration.get(domain) ?? []);
        all.push(await classify(network, itemsOf(digits, task, domain)));
      }
    }
    return all;
  }
}

function write(into: ImageNetwork["parameters"], tensors: TensorMap): void {
  for (const [name, values] of tensors) {
    into.values(name).set(values);
    into.touch(name);
  }
}

function averageStatistics(networks: readonly ImageNetwork[]): Map<string, Float32Array> {
  const names = normNames.flatMap((name) => [`${name}.running_mean`, `${name}.running_var`]);
  return new Map(
    names.map((name) => {
      const all = networks.map(({ layers }) => layers.buffers.values(name));
      const sum = (at: number): number => all.reduce((total, values) => total + (values[at] as number), 0);
      return [name, Float32Array.from(all[0] ?? [], (_, at) => sum(at) / all.length)];
    }),
  );
}

async function classify(network: ImageNetwork, items: readonly LabelledImage[]): Promise<CorrectBits> {
  const bits = new Uint8Array(Math.ceil(items.length / 8));
  for (let first = 0; first < items.length; first += BATCH) {
    await setImmediate();
    const part = items.slice(first, first + BATCH);
    tf.tidy(() => {
      const best = borrowValues(tf.argMax(network.logits(pixelsOf(part.map(({ input }) => input))), 1));
      part.forEach(({ label }, row) => {
        const at = first + row;
        if (best[row] === label) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
      });
    });
  }
  return { bits, n: items.length };
}
