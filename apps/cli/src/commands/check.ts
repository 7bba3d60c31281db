import os from "node:os";
import type { Plan } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { type CheckedStage, checkStages } from "../local/check-stages.ts";
import { readLocalStages } from "../local/recipe-file.ts";
import { jsonOption, wholeNumber } from "../options.ts";
import { renderFidelity } from "../terminal/fidelity.ts";
import { formatBytes, formatDuration, formatParameters, plural, printable } from "../terminal/format.ts";
import { note, print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderFacts } from "../terminal/table.ts";
import { columnsOf } from "../terminal/wrap.ts";

export const check = defineCommand({
  meta: { name: "check", description: "Check a recipe against the headers of its models and forecast the merge; merges nothing" },
  args: {
    recipe: {
      type: "positional",
      required: true,
      description: "Recipe in YAML or JSON, or a mergekit configuration; models are paths relative to it",
    },
    threads: { type: "string", valueHint: "n", description: "Worker threads to forecast for; default one for each core" },
    ...jsonOption,
  },
  async run({ args }) {
    const threads = wholeNumber(args.threads, "--threads", { min: 1, max: 256 }) ?? os.availableParallelism();
    const steps = (await checkStages(await readLocalStages(args.recipe))).map((step) => describe(step, threads));
    const last = steps.at(-1);
    if (last === undefined) throw new Error("A recipe file has at least one step.");
    const whole = {
      readBytes: sum(steps.map(({ readBytes }) => readBytes)),
      writeBytes: sum(steps.map(({ writeBytes }) => writeBytes)),
      peakMemoryBytes: Math.max(...steps.map(({ peakMemoryBytes }) => peakMemoryBytes ?? 0)),
      seconds: sum(steps.map(({ seconds }) => seconds)),
    };
    if (args.json === true) return printJson({ ok: true, ...last, ...whole, threads, ...(steps.length > 1 ? { steps } : {}) });
    for (const step of steps) for (const each of untold(step)) note(printable(each, 1000));
    show(args.recipe, steps, { ...whole, threads });
  },
});

const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

interface Forecast {
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly peakMemoryBytes: number;
  readonly seconds: number;
}

type Step = ReturnType<typeof describe>;

/** Numbers are null where nothing can be forecast before an earlier step is done. */
function describe({ stage, plan }: CheckedStage, threads: number) {
  return {
    name: stage.name,
    recipe: stage.recipe,
    tensorCount: plan?.tensors.length ?? null,
    parameterCount: plan && parametersOf(plan),
    excluded: plan?.excluded ?? [],
    copied: plan?.copied ?? [],
    layers: plan?.layerOrder?.length ?? null,
    readBytes: plan?.readBytes ?? null,
    writeBytes: plan?.writeBytes ?? null,
    peakMemoryBytes: plan?.peakMemoryBytes(threads) ?? null,
    seconds: plan?.secondsForecast ?? null,
    notes: [...stage.notes, ...(plan?.notes ?? [])],
    fidelity: stage.fidelity,
  };
}

const parametersOf = ({ tensors }: Plan): number => tensors.reduce((total, { elements }) => total + elements, 0);

function show(file: string, steps: readonly Step[], whole: Forecast & { readonly threads: number }): void {
  const style = styleFor(process.stdout);
  print(`No faults. ${file} can be merged.`);
  for (const step of steps) {
    if (steps.length > 1) print(`\n${style.bold(step.name === null ? "The last step" : `Step ${printable(step.name)}`)}`);
    const result: [string, string][] = [
      ["method", step.recipe.method],
      ["result", resultOf(step)],
    ];
    if (step.readBytes !== null) result.push(["read", formatBytes(step.readBytes)]);
    if (step.writeBytes !== null) result.push(["write", formatBytes(step.writeBytes)]);
    if (steps.length === 1) result.push(...costs(whole));
    print(renderFacts(result, style));
    if (step.fidelity !== null) {
      print(`\n${style.bold("mergekit's fields")}`);
      print(renderFidelity(step.fidelity, style, columnsOf(process.stdout)));
    }
  }
  if (steps.length === 1) return;
  const total: [string, string][] = [
    ["read", formatBytes(whole.readBytes)],
    ["write", formatBytes(whole.writeBytes)],
    ...costs(whole),
  ];
  print(`\n${style.bold("All steps")}\n${renderFacts(total, style)}`);
}

/** Notes that the table of mergekit's fields does not tell. */
function untold({ notes, fidelity }: Step): string[] {
  const told = new Set(fidelity?.map(({ field, why }) => `${field}: ${why}`));
  return notes.filter((each) => !told.has(each));
}

function resultOf({ tensorCount, parameterCount, layers }: Step): string {
  if (tensorCount === null || parameterCount === null) return "known when the steps before it are done";
  const counts = [plural(tensorCount, "tensor"), `${formatParameters(parameterCount)} parameters`];
  return [...counts, ...(layers === null ? [] : [plural(layers, "layer")])].join(", ");
}

const costs = ({ peakMemoryBytes, seconds, threads }: Forecast & { readonly threads: number }): [string, string][] => [
  ["memory", `${formatBytes(peakMemoryBytes)} with ${plural(threads, "thread")}`],
  ["time", `about ${formatDuration(seconds)}`],
];
