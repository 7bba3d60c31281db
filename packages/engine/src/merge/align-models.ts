import { pathOf } from "./check-headers.ts";
import type { CheckpointHeader, HeaderTokenizer } from "./checkpoint-header.ts";
import { type Fault, fault, RefusedError } from "./fault.ts";
import type { Recipe } from "./recipe.ts";
import { keyOf } from "./reference.ts";
import { type AlignmentModel, alignEmbeddings, type EmbeddingAlignment } from "./tokenizer/align-embeddings.ts";
import { vocabularyRoles } from "./tokenizer/embedding-names.ts";
import { isPrefix, type RowMap, rowMaps } from "./tokenizer/row-map.ts";
import type { TokenizerPolicy } from "./tokenizer/tokenizer-policy.ts";

/** The models of a merge in the vocabulary of its result. */
export interface AlignedModels {
  readonly alignment: EmbeddingAlignment;
  /** For each model; null where its matrices, as far as the result reaches, are in order already */
  readonly maps: readonly (RowMap | null)[];
  readonly notes: readonly string[];
}

/** Tells the tensors of a merge whose rows belong to tokens. */
export function vocabularyTensorsOf(models: readonly CheckpointHeader[]): (name: string) => boolean {
  const config = models.find((model) => model.config !== null)?.config ?? null;
  const roleOf = vocabularyRoles(config);
  return (name) => roleOf(name) !== null;
}

/**
 * Aligns models to one vocabulary as the recipe's policy asks.
 * @param models base first when there is one
 * @param isEmbedding tells the tensors that take part and have a row for each token
 * @throws RefusedError when a tokenizer is missing or broken, a model cannot be aligned, or the policy names what is not there
 */
export function alignModels(
  recipe: Recipe,
  policy: TokenizerPolicy,
  models: readonly CheckpointHeader[],
  isEmbedding: (name: string) => boolean,
): AlignedModels {
  const faults: Fault[] = [];
  const tokenizers = models.map((model, k) => tokenizerOf(recipe, model, k, faults));
  models.forEach((model, k) => void faults.push(...checkModel(recipe, model, k, isEmbedding)));
  if (faults.length > 0) throw new RefusedError(faults);
  const aligned = models.map(({ tensors }, k): AlignmentModel => {
    const vocabulary = tokenizers[k]?.vocabulary();
    if (vocabulary === undefined) throw new Error("Every model has a tokenizer here.");
    const rows = tensors.flatMap(({ name, shape: [first] }) => (first !== undefined && isEmbedding(name) ? [first] : []));
    return {
      reference: referenceOf(recipe, policy, k),
      vocabulary,
      rows: rows.length === 0 ? vocabulary.size : Math.min(...rows),
      path: pathOf(recipe, k),
    };
  });
  const alignment = alignEmbeddings(aligned, recipe.base === null ? null : 0, policy);
  const maps = rowMaps(alignment).map((map, k) => (isPrefix(map, k) ? null : map));
  models.forEach((model, k) => {
    if (maps[k] !== null) faults.push(...checkAdapter(recipe, model, k, isEmbedding));
  });
  if (faults.length > 0) throw new RefusedError(faults);
  return { alignment, maps, notes: [describe(alignment, models), ...alignment.notes] };
}

function tokenizerOf(recipe: Recipe, { label, tokenizer }: CheckpointHeader, k: number, faults: Fault[]): HeaderTokenizer | null {
  if (tokenizer === undefined)
    faults.push(
      fault("TOKENIZER_UNAVAILABLE", `The tokenizer of ${label} is not at hand here; merge where the files are.`, ["tokenizer"]),
    );
  if (tokenizer === null) {
    const message = `${label} has no tokenizer files, which the recipe's "tokenizer" needs; add its tokenizer.json.`;
    faults.push(fault("TOKENIZER_MISSING", message, pathOf(recipe, k)));
  }
  return tokenizer ?? null;
}

/** A task vector has no value for tokens that its model did not have: neither zeros nor the rows of another model are one. */
function checkModel(
  recipe: Recipe,
  { label, space, tensors }: CheckpointHeader,
  k: number,
  isEmbedding: (name: string) => boolean,
) {
  if (space === "weights" || !tensors.some(({ name }) => isEmbedding(name))) return [];
  const message = `${label} is a task vector, whose embeddings "tokenizer" cannot align; merge the model that it was made of.`;
  return [fault("TOKENIZER_UNSUPPORTED", message, pathOf(recipe, k))];
}

function checkAdapter(recipe: Recipe, { label, adapter }: CheckpointHeader, k: number, isEmbedding: (name: string) => boolean) {
  const changed = [...(adapter?.modules.keys() ?? [])].filter(isEmbedding);
  return changed.map((name) => {
    const message = `${adapter?.label} changes ${name}, and "tokenizer" moves the rows of ${label}; bake the adapter in by a merge of its own first.`;
    return fault("ADAPTER_UNSUPPORTED", message, [...pathOf(recipe, k), "adapter"]);
  });
}

/** The name by which a policy means a model: with its adapter where the policy says so. */
function referenceOf({ base, baseAdapter, parents }: Recipe, { source, tokens }: TokenizerPolicy, k: number): string {
  const parent = base === null ? parents[k] : parents[k - 1];
  const adapter = parent === undefined ? baseAdapter : parent.adapter;
  const model = parent?.model ?? base ?? "";
  const key = keyOf(adapter == null ? { model } : { model, adapter });
  const named = [
    source,
    ...Object.values(tokens).map((rule) => (rule.source !== null && "model" in rule.source ? rule.source.model : "")),
  ];
  return named.includes(key) ? key : model;
}

function describe(
  { vocabulary: { owner, contributors, tokens }, rows }: EmbeddingAlignment,
  models: readonly CheckpointHeader[],
): string {
  const labels = [...new Set(contributors.map((k) => models[k]?.label ?? ""))];
  const of = labels.length > 1 ? `the union of ${labels.join(", ")}` : `that of ${models[owner]?.label}`;
  const padding = rows > tokens.length ? `, filled up to ${rows} rows` : "";
  return `The vocabulary of the result is ${of}: ${tokens.length} tokens${padding}.`;
}
