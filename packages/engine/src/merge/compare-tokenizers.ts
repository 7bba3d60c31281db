import { pathOf } from "./check-headers.ts";
import type { CheckpointHeader, HeaderTokenizer } from "./checkpoint-header.ts";
import { type Fault, fault, RefusedError } from "./fault.ts";
import type { Recipe } from "./recipe.ts";
import { compareVocabularies } from "./tokenizer/compare-vocabularies.ts";

export interface TokenizerComparison {
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
  /** All models that have a tokenizer have the same, and there is one */
  readonly areSame: boolean;
}

interface Model {
  /** Base first */
  readonly k: number;
  readonly label: string;
  readonly tokenizer: HeaderTokenizer;
}

/**
 * Whether rows of the embeddings mean the same tokens in all models, for a merge that leaves them where they are. Files that are
 * equal are not parsed.
 */
export function compareTokenizers(recipe: Recipe, models: readonly CheckpointHeader[]): TokenizerComparison {
  const known = models.flatMap(({ label, tokenizer }, k): Model[] => (tokenizer == null ? [] : [{ k, label, tokenizer }]));
  const [reference, ...others] = known;
  if (reference === undefined) return { faults: [], notes: [], areSame: false };
  const faults = others.flatMap((other) => compare(recipe, reference, other));
  // A task vector is what its model was: its ids mean what they mean in the base.
  const without = models.filter(({ tokenizer, space }) => tokenizer === null && space === "weights");
  const notes = without.map(
    ({ label }) => `${label} has no tokenizer files; its rows are taken to be those of ${reference.label}.`,
  );
  return { faults, notes, areSame: faults.length === 0 };
}

function compare(recipe: Recipe, a: Model, b: Model): Fault[] {
  if (a.tokenizer.fingerprint === b.tokenizer.fingerprint) return [];
  const path = pathOf(recipe, b.k);
  try {
    const { verdict, messages } = compareVocabularies(a.tokenizer.vocabulary(), b.tokenizer.vocabulary());
    if (verdict === "same") return [];
    const kept = recipe.base === null ? (recipe.parents[a.k]?.model ?? a.label) : "base";
    const keep = `{"source": ${JSON.stringify(kept)}}`;
    const what = messages.map((message) => message.replace(/\.$/, "")).join("; ");
    const [how, advice] =
      verdict === "same_tokens"
        ? [
            "give their tokens the same ids but cut texts differently",
            `set "tokenizer": ${keep} in the recipe to keep that of ${a.label}`,
          ]
        : ["differ", `set "tokenizer": {"source": "union"} in the recipe to merge them, or ${keep} to keep that of ${a.label}`];
    return [fault("TOKENIZER_MISMATCH", `The tokenizers of ${a.label} and ${b.label} ${how} (${what}); ${advice}.`, path)];
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return error.faults.map(({ code, message }) => fault(code, message, path));
  }
}
