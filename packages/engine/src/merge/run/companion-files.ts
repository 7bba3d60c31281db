import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { trunkConfig } from "../architectures.ts";
import { canonicalJson } from "../canonical-json.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { restackedConfig } from "../layer-stack.ts";
import type { Plan } from "../plan.ts";
import type { Fields } from "../record.ts";
import { decodeText, parseFields } from "../tokenizer/strict-json.ts";
import { changeIds, outputTokenizer } from "./output-tokenizer.ts";

/** Processor and licence files that a model needs besides its weights and its tokenizer. */
const companions = new Set([
  "generation_config.json",
  "preprocessor_config.json",
  "LICENSE",
  "LICENSE.txt",
  "LICENSE.md",
  "NOTICE",
]);

export interface SmallFile {
  readonly path: string;
  readonly data: Uint8Array;
}

export interface Companions {
  readonly files: readonly SmallFile[];
  /** config.json of the result; null when no model has one */
  readonly config: Fields | null;
  /** What a user should know, each a sentence */
  readonly notes: readonly string[];
}

/**
 * What a model needs besides its weights: configuration, tokenizer and other files of the base, else of the first parent; under a
 * tokenizer policy those of the merged vocabulary. Made before the work, so that nothing is begun with a broken tokenizer.
 */
export async function companionFiles(plan: Plan, models: readonly Checkpoint[]): Promise<Companions> {
  if (plan.output === "adapter") return { files: [], config: null, notes: [] };
  const notes: string[] = [];
  const tokenizer = await outputTokenizer(plan, models);
  const others = await Promise.all((await readOthers(models[0])).map((file) => inLine(file, { plan, models, notes })));
  const from = models.findIndex(({ header }) => header.config !== null);
  const config = models[from]?.header.config ?? null;
  const changed = config === null ? null : changeIds(plan, models, { config: outputConfig(plan, config), from });
  return {
    files: [...others, ...tokenizer.files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    config: changed?.config ?? null,
    notes: [...tokenizer.notes, ...(changed?.notes ?? []), ...notes],
  };
}

async function readOthers(first: Checkpoint | undefined): Promise<SmallFile[]> {
  if (first === undefined) return [];
  const names = (await readdir(first.folder)).filter((name) => companions.has(name));
  return Promise.all(names.map(async (path) => ({ path, data: await readFile(join(first.folder, path)) })));
}

interface Changing {
  readonly plan: Plan;
  readonly models: readonly Checkpoint[];
  /** Collects what a user should know */
  readonly notes: string[];
}

/** generation_config.json with the ids of the merged vocabulary; every other file as it is. */
async function inLine(file: SmallFile, { plan, models, notes }: Changing): Promise<SmallFile> {
  if (plan.alignment === null || file.path !== "generation_config.json") return file;
  const fieldsOf = async (model: Checkpoint | undefined): Promise<Fields | null> => {
    const [own] = (await readOthers(model)).filter(({ path }) => path === file.path);
    const where = `${model?.header.label}: ${file.path}`;
    return own === undefined ? null : parseFields(decodeText(own.data, where), where);
  };
  const config = (await fieldsOf(models[0])) ?? {};
  const ownerConfig = await fieldsOf(models[plan.alignment.vocabulary.owner]);
  const changed = changeIds(plan, models, { config, from: 0, ownerConfig });
  notes.push(...changed.notes);
  if (canonicalJson(changed.config) === canonicalJson(config)) return file;
  return { path: file.path, data: new TextEncoder().encode(`${JSON.stringify(changed.config, null, 2)}\n`) };
}

const torchNames: Readonly<Record<string, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** config.json of the result: that of the base (else first parent), as a trunk when heads were left out, with the stored type. */
function outputConfig(plan: Plan, config: Fields): Fields {
  const stacked = plan.layerOrder === null ? config : restackedConfig(config, plan.layerOrder);
  const result: Record<string, unknown> = plan.excluded.length > 0 ? trunkConfig(stacked) : { ...stacked };
  // Points at code of another repository, which was not copied and must not be fetched on behalf of a merge.
  delete result["auto_map"];
  const types = new Set(plan.tensors.filter(({ action }) => action === "merge").map(({ dtype }) => dtype));
  const [only] = types;
  const torchName = types.size === 1 && only !== undefined ? torchNames[only] : undefined;
  if (torchName !== undefined) {
    if ("dtype" in result) result["dtype"] = torchName;
    if ("torch_dtype" in result || !("dtype" in result)) result["torch_dtype"] = torchName;
  }
  return result;
}
