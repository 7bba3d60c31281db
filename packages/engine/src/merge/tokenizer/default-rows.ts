import { quote } from "../../formats/json-scanner.ts";
import { type Fault, fault, RefusedError } from "../fault.ts";
import type { AlignmentModel } from "./align-embeddings.ts";
import { type OutputVocabulary, unknownModel } from "./output-vocabulary.ts";
import type { TokenRule, TokenSource } from "./tokenizer-policy.ts";

/** A row of a model's own matrix. */
export interface RowReference {
  /** Index in the merge */
  readonly model: number;
  readonly row: number;
}

/** What a model takes for an output row where it has none of its own. */
export interface DefaultRow {
  readonly outputRow: number;
  /** The average of these rows; or zeros; or the mean of all rows of the matrix of the model that takes it */
  readonly from: readonly RowReference[] | "zero" | "mean";
}

export interface DefaultRowsInput {
  readonly models: readonly AlignmentModel[];
  readonly base: number | null;
  readonly rules: ReadonlyMap<string, TokenRule>;
  readonly vocabulary: OutputVocabulary;
  /** As in EmbeddingAlignment */
  readonly own: readonly Int32Array[];
}

/**
 * Default rows, for every output row that some model does not have:
 *   the source that the policy gives; else the only model that has the token; else the base's row; else the average over the
 *   models that have it; zeros when none has. Rows without token: the mean.
 * @throws RefusedError when the policy names a model, token or row that is not there
 */
export function defaultRows(input: DefaultRowsInput): { defaults: DefaultRow[]; zeros: string[] } {
  const { vocabulary, own, rules } = input;
  const faults: Fault[] = [];
  const explicit = new Map<string, DefaultRow["from"]>();
  for (const [token, { source }] of rules) {
    const from = source === null ? null : resolve(source, token, { models: input.models, faults });
    if (from !== null) explicit.set(token, from);
  }
  if (faults.length > 0) throw new RefusedError(faults);
  const defaults: DefaultRow[] = [];
  const zeros: string[] = [];
  const rows = own[0]?.length ?? 0;
  for (let outputRow = 0; outputRow < rows; outputRow += 1) {
    if (own.every((map) => (map[outputRow] ?? -1) >= 0)) continue;
    const token = vocabulary.tokens[outputRow] ?? null;
    const from = token === null ? "mean" : (explicit.get(token) ?? usualRow(token, input));
    if (token !== null && from === "zero" && !explicit.has(token)) zeros.push(token);
    defaults.push({ outputRow, from });
  }
  return { defaults, zeros };
}

function usualRow(token: string, { models, base }: DefaultRowsInput): DefaultRow["from"] {
  const having = models.flatMap(({ vocabulary }, model): RowReference[] => {
    const row = vocabulary.tokens.get(token);
    return row === undefined ? [] : [{ model, row }];
  });
  if (having.length === 0) return "zero";
  // The only model that has it may be the base: the order of the two rules makes no difference.
  const ofBase = having.filter(({ model }) => model === base);
  return ofBase.length > 0 ? ofBase : having;
}

interface Resolution {
  readonly models: readonly AlignmentModel[];
  /** Collects what is wrong */
  readonly faults: Fault[];
}

/** The row that a rule asks for; null after a fault. */
function resolve(source: TokenSource, token: string, { models, faults }: Resolution): DefaultRow["from"] | null {
  if (source.kind === "zero") return "zero";
  const path = ["tokens", token, "source"];
  const index = models.findIndex(({ reference }) => reference === source.model);
  const model = models[index];
  if (model === undefined) {
    faults.push(unknownModel(source.model, models, [...path, "model"]));
    return null;
  }
  const wanted = source.kind === "model" ? token : source.token;
  const row =
    wanted === undefined ? (source.kind === "model_token" ? source.tokenId : undefined) : model.vocabulary.tokens.get(wanted);
  if (row !== undefined && row < model.rows) return [{ model: index, row }];
  const what =
    wanted === undefined ? `row ${row}` : row === undefined ? `token ${quote(wanted)}` : `row ${row} for ${quote(wanted)}`;
  const message = `${model.vocabulary.label} has no ${what}, which the rule for the token ${quote(token)} names; it has ${model.rows} rows.`;
  faults.push(fault("TOKEN_SOURCE_MISSING", message, ["tokenizer", ...path]));
  return null;
}
