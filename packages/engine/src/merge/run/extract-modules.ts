import { type FileHandle, open } from "node:fs/promises";
import type { Extraction } from "../adapters/adapter-work.ts";
import type { Factors } from "../adapters/factors.ts";
import { isCompared, modulesToExtract } from "../adapters/plan-extraction.ts";
import type { Values } from "../define-method.ts";
import type { PlannedSource } from "../planned.ts";
import { SourceFinder } from "./build-job.ts";
import { explainFault } from "./explain-fault.ts";
import { finiteValues } from "./finite-values.ts";
import { describeCuts, type MadeModules, type MakingModules, ModuleProgress, percent } from "./made-modules.ts";
import { arrivalType, SourceReader, sizeOf } from "./read-source.ts";
import { TileError } from "./transfer.ts";

/** Takes an adapter out of a model, tensor by tensor. @throws RefusedError for weights that are not finite */
export async function extractModules(making: MakingModules, work: Extraction<Values>): Promise<MadeModules> {
  const { models } = making;
  const handles: FileHandle[] = [];
  try {
    const files = [];
    for (const path of models.flatMap((model) => model.files)) {
      const handle = await open(path, "r");
      handles.push(handle);
      files.push({ path, fd: handle.fd });
    }
    const reading = { reader: new SourceReader(files), finder: new SourceFinder({ models }) };
    return await extractAll(making, work, (source) => readPair(making, reading, source));
  } finally {
    for (const handle of handles) await handle.close();
  }
}

interface Pair {
  readonly model: Float32Array;
  readonly base: Float32Array;
  readonly bytesRead: number;
}

type ReadPair = (source: PlannedSource) => Pair;

async function extractAll(making: MakingModules, work: Extraction<Values>, read: ReadPair): Promise<MadeModules> {
  const { recipe, sources } = making.plan;
  const planned = modulesToExtract(recipe, work, { sources, config: making.models[0]?.header.config ?? null });
  const byName = new Map(planned.map((module) => [module.source.name, module]));
  const progress = new ModuleProgress(making);
  const modules = new Map<string, Factors>();
  const cuts = new Map<string, { energy: number; tailEnergy: number }>();
  const outside = new Map<string, number>();
  await progress.next(0, 0);
  for (const source of sources.filter(isCompared)) {
    const { model, base, bytesRead } = read(source);
    const module = byName.get(source.name);
    if (module === undefined) outside.set(source.name, squaredDifference(model, base));
    else {
      const { factors, cut } = work.make({ model, base, rows: module.rows, columns: module.columns }, recipe.parameters);
      modules.set(source.name, factors);
      if (cut !== null) cuts.set(source.name, cut);
    }
    await progress.next(bytesRead, module === undefined ? 0 : 2);
  }
  return {
    ...{ modules, cuts, bytesRead: progress.bytesRead },
    layouts: new Map(planned.map(({ source, layout }) => [source.name, layout])),
    baseModel: recipe.base,
    notes: [...describeCuts(cuts, "change of the linear weights"), ...describeOutside(outside, cuts)],
  };
}

interface Reading {
  readonly reader: SourceReader;
  readonly finder: SourceFinder;
}

function readPair({ plan, models, options }: MakingModules, { reader, finder }: Reading, source: PlannedSource): Pair {
  const before = reader.bytes;
  const values = finder.sourcesOf(source).map((from, input) => {
    const bytes = new Uint8Array(sizeOf(arrivalType(from), source.elements));
    try {
      reader.read(from, bytes, 0, source.elements);
      return finiteValues(arrivalType(from), bytes, input);
    } catch (error) {
      if (!(error instanceof TileError)) throw error;
      throw explainFault({ tile: 0, tensor: source.name, problem: error.problem }, plan, models, options.outDir);
    }
  });
  const [base = new Float32Array(), model = new Float32Array()] = values;
  const isDelta = models[1]?.header.space === "delta";
  return { model, base: isDelta ? new Float32Array(base.length) : base, bytesRead: reader.bytes - before };
}

function squaredDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

/** What a linear adapter cannot hold. */
function describeOutside(outside: ReadonlyMap<string, number>, cuts: MadeModules["cuts"]): string[] {
  const changed = [...outside].filter(([, energy]) => energy > 0);
  if (changed.length === 0) return [];
  const left = changed.reduce((sum, [, energy]) => sum + energy, 0);
  const inside = [...cuts.values()].reduce((sum, { energy }) => sum + energy, 0);
  const names = changed.map(([name]) => name).sort();
  const listed = `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
  const share = percent(left / (left + inside));
  return [
    `Changed as well, but no linear weights and so not in the adapter: ${listed} (${changed.length}), with ${share} of the squared change.`,
  ];
}
