import { setImmediate } from "node:timers/promises";
import type { MadeModule } from "../adapters/adapter-work.ts";
import type { Factors } from "../adapters/factors.ts";
import type { AdapterLayout } from "../adapters/open-adapter.ts";
import type { OpenModel } from "../open-model.ts";
import type { Plan } from "../planned.ts";
import type { MergeOptions } from "./merge-options.ts";

export interface MakingModules {
  readonly plan: Plan;
  readonly models: readonly OpenModel[];
  readonly options: Pick<MergeOptions, "onProgress" | "signal" | "outDir">;
}

/** An adapter in memory. */
export interface MadeModules {
  /** By name of the base tensor */
  readonly modules: ReadonlyMap<string, Factors>;
  readonly layouts: ReadonlyMap<string, AdapterLayout>;
  /** Of modules that were cut to a rank */
  readonly cuts: ReadonlyMap<string, NonNullable<MadeModule["cut"]>>;
  readonly baseModel: string | null;
  readonly bytesRead: number;
  readonly notes: readonly string[];
}

/** Tells how far modules are, and lets a cancelled run end between two of them. */
export class ModuleProgress {
  readonly #making: MakingModules;
  readonly #started = performance.now();
  bytesRead = 0;
  #done = 0;

  constructor(making: MakingModules) {
    this.#making = making;
  }

  /** @throws the signal's reason when it is aborted */
  async next(bytesRead: number, tensors: number): Promise<void> {
    const { plan, options } = this.#making;
    this.bytesRead += bytesRead;
    this.#done += tensors;
    const seconds = (performance.now() - this.#started) / 1000;
    options.onProgress?.({
      tensorsDone: this.#done,
      tensorsTotal: plan.tensors.length,
      bytesRead: this.bytesRead,
      bytesTotal: plan.readBytes,
      bytesPerSecond: seconds > 0 ? this.bytesRead / seconds : 0,
    });
    await setImmediate();
    options.signal?.throwIfAborted();
  }
}

/** How much of what was to be held is in the adapter. */
export function describeCuts(cuts: MadeModules["cuts"], what: string): string[] {
  const sum = (key: "energy" | "tailEnergy"): number => [...cuts.values()].reduce((total, cut) => total + cut[key], 0);
  const [energy, tail] = [sum("energy"), sum("tailEnergy")];
  return energy === 0
    ? []
    : [`The adapter holds ${percent(1 - tail / energy)} of the squared ${what}; amalgam.json has it by module.`];
}

export const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;
