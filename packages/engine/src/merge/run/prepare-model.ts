import type { SurveyedTensor } from "../define-method.ts";
import { SpecList } from "../kernel-specs.ts";
import type { PlannedSource } from "../planned.ts";
import { methodOf } from "../recipe.ts";
import { completeJob, type Findings, type JobParts, SourceFinder } from "./build-job.ts";
import { planPreparations, type TensorJob } from "./job.ts";
import { type RunOptions, runJob } from "./run-job.ts";
import type { TileFault } from "./tile-worker.ts";

export type PreparationResult =
  | {
      readonly kind: "done";
      /** What the method concludes from all tensors, for each of them */
      readonly findings: Findings;
      /** Where on the scratch file each tensor begins */
      readonly positions: ReadonlyMap<string, number>;
      readonly bytesRead: number;
    }
  | { readonly kind: "fault"; readonly fault: TileFault };

interface Preparing {
  readonly parts: JobParts;
  readonly run: Omit<RunOptions, "hashesOutputs" | "counting">;
  /** Open and empty */
  readonly scratch: { readonly path: string; readonly fd: number };
}

interface Placed {
  readonly source: PlannedSource;
  readonly position: number;
}

/**
 * Runs the method's computation on every tensor, into the scratch file.
 * @throws RefusedError when the method concludes that the models do not fit together
 */
export async function prepareModel({ parts, run, scratch }: Preparing): Promise<PreparationResult> {
  const { plan, models } = parts;
  const { prepare } = methodOf(plan.recipe);
  const placed = placeTensors(plan.sources);
  const finder = new SourceFinder(parts);
  const subjects = placed.filter(({ source }) => source.elements > 0);
  const tensors = subjects.flatMap((each) => jobOf(each, parts, finder));
  const sizeBytes = placed.reduce((sum, { source }) => sum + 4 * source.elements, 0);
  const job = completeJob(parts, tensors, new SpecList(parts.plan.recipe), [{ ...scratch, sizeBytes }], planPreparations);
  const result = await runJob(job, { ...run, hashesOutputs: false });
  if (result.kind === "fault") return result;
  const numbers = new Map(result.prepared.map(([tensor, found]) => [tensors[tensor]?.name ?? "", found]));
  const surveyed = subjects.map(
    ({ source: { name, shape, elements } }): SurveyedTensor => ({ name, shape, elements, numbers: numbers.get(name) ?? {} }),
  );
  const label = models[plan.recipe.base === null ? 0 : 1]?.header.label ?? "";
  const found = prepare?.conclude(surveyed, plan.state, label) ?? {};
  return {
    kind: "done",
    findings: new Map(placed.map(({ source }) => [source.name, found])),
    positions: new Map(placed.map(({ source, position }) => [source.name, position])),
    bytesRead: result.bytesRead,
  };
}

/** By name, so that sums over tensors do not depend on how the models are cut into files. */
function placeTensors(sources: readonly PlannedSource[]): Placed[] {
  let position = 0;
  const prepared = sources.filter(({ prepare }) => prepare !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
  return prepared.map((source) => {
    const begin = position;
    position += 4 * source.elements;
    return { source, position: begin };
  });
}

function jobOf({ source, position }: Placed, { plan }: JobParts, finder: SourceFinder): TensorJob[] {
  const { prepare: declared } = methodOf(plan.recipe);
  const { name, shape, elements, columns, build, prepare } = source;
  if (prepare === null || declared === null) return [];
  return [
    {
      ...{ name, elements, columns, spec: null, measured: {} },
      inputs: finder.sourcesOf(prepare),
      output: { file: 0, position, type: "F32" },
      preparing: {
        ...{ computation: declared.computation, shape, parents: prepare.parents, params: build?.params ?? {}, state: plan.state },
        hasBase: plan.recipe.base !== null,
      },
    },
  ];
}
