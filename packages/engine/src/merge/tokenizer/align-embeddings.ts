import { quote } from "../../formats/json-scanner.ts";
import { type Fault, fault, RefusedError } from "../fault.ts";
import { examples } from "./compare-vocabularies.ts";
import { type DefaultRow, defaultRows } from "./default-rows.ts";
import { type OutputVocabulary, outputVocabulary, type TokenizerModel } from "./output-vocabulary.ts";
import type { TokenizerPolicy } from "./tokenizer-policy.ts";

export interface AlignmentModel extends TokenizerModel {
  /** Rows of its embedding matrices; when they differ, of the smallest */
  readonly rows: number;
  /** Where the recipe names it, for faults */
  readonly path: readonly (string | number)[];
}

/** Which rows make the aligned matrices of a merge; data alone, so that it can be sent to workers. */
export interface EmbeddingAlignment {
  readonly vocabulary: OutputVocabulary;
  /** Rows of the result: its tokens, filled up as the policy asks */
  readonly rows: number;
  /** For each model, by output row: the row of its own matrix, or -1 where it takes the default row */
  readonly own: readonly Int32Array[];
  /** By output row, ascending: one for each row that is not every model's own. The same for all models that need it. */
  readonly defaults: readonly DefaultRow[];
  /** What a user should know, each a sentence */
  readonly notes: readonly string[];
}

/**
 * Aligns the embedding matrices of models with different tokenizers to one vocabulary. A model takes for a token
 *   its own row, unless the policy forces the default; else the default row (see `defaultRows`).
 * Rows beyond the tokens fill up to a multiple; each model takes there the mean of all rows of its own matrix.
 * @param base index of the base among the models, null when there is none
 * @throws RefusedError when a token has no row in its model's matrix, or the policy names what is not there
 */
export function alignEmbeddings(
  models: readonly AlignmentModel[],
  base: number | null,
  policy: TokenizerPolicy,
): EmbeddingAlignment {
  const vocabulary = outputVocabulary(models, base, policy);
  const beyond = models.flatMap((model) => tokensBeyond(model, vocabulary));
  if (beyond.length > 0) throw new RefusedError(beyond);
  const multiple = policy.padToMultipleOf ?? 1;
  const rows = Math.ceil(vocabulary.tokens.length / multiple) * multiple;
  const rules = new Map(Object.entries(policy.tokens));
  const own = models.map((model) => ownRows(model, vocabulary, { rows, isForced: (token) => rules.get(token)?.force === true }));
  const { defaults, zeros } = defaultRows({ models, base, rules, vocabulary, own });
  return { vocabulary, rows, own, defaults, notes: [...paddingNotes(models), ...zeroNotes(zeros)] };
}

interface OwnRows {
  readonly rows: number;
  readonly isForced: (token: string) => boolean;
}

function ownRows(
  { vocabulary, rows: matrixRows }: AlignmentModel,
  output: OutputVocabulary,
  { rows, isForced }: OwnRows,
): Int32Array {
  const own = new Int32Array(rows).fill(-1);
  // Ids without token mean the same in two models only when all that have one agree.
  const isSame =
    vocabulary.tokens.size === output.ids.size && [...vocabulary.tokens].every(([token, id]) => output.ids.get(token) === id);
  output.tokens.forEach((token, row) => {
    if (token === null) own[row] = isSame && row < matrixRows ? row : -1;
    else if (!isForced(token)) own[row] = vocabulary.tokens.get(token) ?? -1;
  });
  return own;
}

/** Tokens of the result that a model's tokenizer knows, but its matrix has no row for. */
function tokensBeyond({ vocabulary, rows, path }: AlignmentModel, output: OutputVocabulary): Fault[] {
  const beyond = [...vocabulary.tokens].filter(([token, id]) => id >= rows && output.ids.has(token)).map(([token]) => token);
  const [first] = beyond;
  if (first === undefined) return [];
  const what = `${beyond.length} ${beyond.length === 1 ? "token" : "tokens"} of its tokenizer (${examples(beyond)})`;
  const where = `${quote(first)} has id ${vocabulary.tokens.get(first)}`;
  return [
    fault(
      "TOKEN_WITHOUT_ROW",
      `${vocabulary.label}: the embeddings have ${rows} rows, none for ${what}; ${where}. Remove them from its tokenizer, or choose a tokenizer source without them.`,
      path,
    ),
  ];
}

function paddingNotes(models: readonly AlignmentModel[]): string[] {
  return models.flatMap(({ vocabulary: { label, size }, rows }) =>
    rows > size ? [`${label}: rows ${size} to ${rows - 1} of the embeddings belong to no token and are left out.`] : [],
  );
}

const zeroNotes = (tokens: readonly string[]): string[] =>
  tokens.length === 0
    ? []
    : [`Warning: no model has the ${tokens.length === 1 ? "token" : "tokens"} ${examples(tokens)}; zeros are used.`];
