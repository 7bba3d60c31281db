import { quote } from "../../formats/json-scanner.ts";
import { canonicalJson } from "../canonical-json.ts";
import { decisiveParts, settledFields, type Vocabulary } from "./vocabulary.ts";

export interface VocabularyComparison {
  /**
   * same: every text becomes the same ids; same_tokens: every id means the same token, but texts may be cut differently;
   * different: rows of the embeddings do not correspond
   */
  readonly verdict: "same" | "same_tokens" | "different";
  /** What differs, where and how often; empty when the same */
  readonly messages: readonly string[];
}

const maxExamples = 5;

/** Compares two tokenizers by content. */
export function compareVocabularies(a: Vocabulary, b: Vocabulary): VocabularyComparison {
  if (a.digest === b.digest) return { verdict: "same", messages: [] };
  const tokens = tokenDifferences(a, b);
  const others = [...mergeDifferences(a, b), ...scoreDifferences(a, b), ...addedDifferences(a, b), ...partDifferences(a, b)];
  return { verdict: tokens.length > 0 ? "different" : "same_tokens", messages: [...tokens, ...others] };
}

/** Up to five quoted names and how many more there are. */
export function examples(tokens: readonly string[]): string {
  const shown = tokens.slice(0, maxExamples).map(quote).join(", ");
  return tokens.length > maxExamples ? `${shown} and ${tokens.length - maxExamples} more` : shown;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

function tokenDifferences(a: Vocabulary, b: Vocabulary): string[] {
  const missing = (from: Vocabulary, to: Vocabulary) => [...from.tokens.keys()].filter((token) => !to.tokens.has(token));
  const only = (from: Vocabulary, to: Vocabulary): string[] => {
    const tokens = missing(from, to);
    return tokens.length === 0 ? [] : [`${count(tokens.length, "token")} only in ${from.label}: ${examples(tokens)}.`];
  };
  const moved = [...a.tokens].filter(([token, id]) => (b.tokens.get(token) ?? id) !== id).map(([token]) => token);
  const [first = ""] = moved;
  const where = `${quote(first)} is ${a.tokens.get(first)} in ${a.label} and ${b.tokens.get(first)} in ${b.label}`;
  const ids = `${count(moved.length, "token")} with another id: ${examples(moved)}; ${where}.`;
  return [...only(a, b), ...only(b, a), ...(moved.length === 0 ? [] : [ids])];
}

function mergeDifferences(a: Vocabulary, b: Vocabulary): string[] {
  const [left, right] = [a.model.merges, b.model.merges].map((merges) => merges.map((merge) => JSON.stringify(merge)));
  if (left === undefined || right === undefined) return [];
  const rank = left.findIndex((merge, i) => merge !== right[i]);
  if (rank < 0 && left.length === right.length) return [];
  const at = rank < 0 ? left.length : rank;
  const inA = new Set(left);
  const inB = new Set(right);
  const counts = `${left.filter((merge) => !inB.has(merge)).length} only in ${a.label}, ${right.filter((merge) => !inA.has(merge)).length} only in ${b.label}`;
  const name = ({ model }: Vocabulary) => model.merges[at]?.map(quote).join(" and ") ?? "nothing";
  return [
    `Merges differ from rank ${at} on: ${name(a)} in ${a.label}, ${name(b)} in ${b.label}; ${counts}, the rest in another order.`,
  ];
}

function scoreDifferences(a: Vocabulary, b: Vocabulary): string[] {
  const differing = [...a.model.scores].filter(([token, score]) => (b.model.scores.get(token) ?? score) !== score);
  if (differing.length === 0) return [];
  return [`${count(differing.length, "piece")} with another score: ${examples(differing.map(([token]) => token))}.`];
}

function addedDifferences(a: Vocabulary, b: Vocabulary): string[] {
  const onlySpecial = (from: Vocabulary, to: Vocabulary): string[] => {
    const tokens = [...from.special].filter((token) => !to.special.has(token));
    return tokens.length === 0 ? [] : [`${count(tokens.length, "special token")} only in ${from.label}: ${examples(tokens)}.`];
  };
  const flags = (vocabulary: Vocabulary) =>
    new Map(vocabulary.added.map(({ id: _, ...token }) => [token.content, canonicalJson({ ...token, special: null })]));
  const [inA, inB] = [flags(a), flags(b)];
  const all = [...new Set([...inA.keys(), ...inB.keys()])];
  // A token that is special in one alone was named above.
  const differing = all.filter((token) => inA.get(token) !== inB.get(token) && a.special.has(token) === b.special.has(token));
  const added = `${count(differing.length, "token")} that only one of them adds, or with other flags: ${examples(differing)}.`;
  return [...onlySpecial(a, b), ...onlySpecial(b, a), ...(differing.length === 0 ? [] : [added])];
}

function partDifferences(a: Vocabulary, b: Vocabulary): string[] {
  const models = ({ model }: Vocabulary) => ({ type: model.type, ...settledFields(model.fields) });
  const parts = decisiveParts.filter(
    (name) => canonicalJson(a.pipeline[name] ?? null) !== canonicalJson(b.pipeline[name] ?? null),
  );
  const named: string[] = [...parts, ...(canonicalJson(models(a)) === canonicalJson(models(b)) ? [] : ["model settings"])];
  return named.map((name) => `The ${name.replace("_", "-")} of ${a.label} and ${b.label} differ.`);
}
