import { canonicalJson } from "../canonical-json.ts";
import type { OutputVocabulary } from "./output-vocabulary.ts";
import type { AddedToken, Merge, Vocabulary } from "./vocabulary.ts";

/** What a merged tokenizer cuts out of text and joins, and what had to be left out. */
export interface MergedTokens {
  /** By id */
  readonly added: readonly AddedToken[];
  readonly merges: readonly Merge[];
  /** The owner's own, unchanged */
  readonly isOwners: boolean;
  readonly notes: readonly string[];
}

/**
 * Added tokens and BPE merges of the result: the owner's first, then what each other model adds, in the order of the merge. Where two
 * models add the same token, the owner's flags count.
 */
export function mergeTokens(vocabularies: readonly Vocabulary[], output: OutputVocabulary): MergedTokens {
  const sources = output.contributors.flatMap((i) => vocabularies[i] ?? []);
  const [owner, ...others] = sources;
  if (owner === undefined) throw new Error("A merged tokenizer needs an owner.");
  const added = joinAdded(sources, output);
  const { merges, skipped, foreign } = joinMerges(sources, output.ids);
  const isOwners = output.isOwners && added.length === owner.added.length && foreign === 0;
  const notes = [...skipped].map(
    ([{ label }, count]) => `${label}: ${count} merges are left out: their parts or results are no tokens.`,
  );
  return {
    added,
    merges,
    isOwners,
    notes: [...(isOwners ? [] : notes), ...others.flatMap((other) => pipelineNotes(owner, other))],
  };
}

function joinAdded(sources: readonly Vocabulary[], { ids, invented }: OutputVocabulary): AddedToken[] {
  const added = new Map<string, AddedToken>();
  const add = (token: AddedToken) => {
    const id = ids.get(token.content);
    if (id !== undefined && !added.has(token.content)) added.set(token.content, { ...token, id });
  };
  for (const vocabulary of sources) for (const token of vocabulary.added) add(token);
  // A token without tokenizer must be cut out of the text as it stands: no model's rules lead to it.
  const flags = { singleWord: false, lstrip: false, rstrip: false, normalized: false, special: false };
  for (const content of invented) add({ id: 0, content, ...flags });
  return [...added.values()].sort((a, b) => a.id - b.id);
}

interface JoinedMerges {
  readonly merges: Merge[];
  /** How many of each model were left out */
  readonly skipped: ReadonlyMap<Vocabulary, number>;
  /** How many are not the owner's */
  readonly foreign: number;
}

function joinMerges(sources: readonly Vocabulary[], ids: ReadonlyMap<string, number>): JoinedMerges {
  const merges: Merge[] = [];
  const seen = new Set<string>();
  const skipped = new Map<Vocabulary, number>();
  let foreign = 0;
  // Merges mean nothing to a tokenizer of another type; of such a model there is a note.
  const isBpe = sources[0]?.model.type === "BPE";
  for (const vocabulary of isBpe ? sources : []) {
    const prefix = vocabulary.model.fields["continuing_subword_prefix"];
    const cut = typeof prefix === "string" ? prefix : "";
    for (const merge of vocabulary.model.merges) {
      const [left, right] = merge;
      const result = left + (cut !== "" && right.startsWith(cut) ? right.slice(cut.length) : right);
      const key = JSON.stringify(merge);
      if (seen.has(key)) continue;
      if (!ids.has(left) || !ids.has(right) || !ids.has(result)) {
        skipped.set(vocabulary, (skipped.get(vocabulary) ?? 0) + 1);
        continue;
      }
      seen.add(key);
      merges.push(merge);
      if (vocabulary !== sources[0]) foreign += 1;
    }
  }
  return { merges, skipped, foreign };
}

/** A union has one set of rules: of a model that has others, texts may be cut differently than before. */
function pipelineNotes(owner: Vocabulary, other: Vocabulary): string[] {
  const kept = `the rules of ${owner.label} are kept`;
  if (owner.model.type !== other.model.type)
    return [
      `Warning: ${other.label} has a ${other.model.type} tokenizer and ${owner.label} ${owner.model.type}; ${kept}, which rarely lead to the tokens of ${other.label}.`,
    ];
  const parts = (["normalizer", "pre_tokenizer", "post_processor"] as const).filter(
    (name) => shapeOf(owner.pipeline[name]) !== shapeOf(other.pipeline[name]),
  );
  if (parts.length === 0) return [];
  const names = parts.map((name) => name.replace("_", "-")).join(" and ");
  return [`${other.label} has another ${names} than ${owner.label}; ${kept}.`];
}

/** A part of the pipeline without its numbers: post-processors hold ids, which differ with the vocabulary and are mapped. */
const shapeOf = (part: unknown): string =>
  JSON.stringify(JSON.parse(canonicalJson(part ?? null)), (_, item: unknown) => (typeof item === "number" ? 0 : item));
