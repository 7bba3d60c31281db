import { type JsonLine, readJsonLines } from "../../evaluate/json-lines.ts";
import type { HeadKind, Network } from "../../runtime/index.ts";
import type { ChoiceQuestion } from "../choice-passes.ts";
import type { StatisticExample } from "../collate.ts";
import type { ForwardExample } from "../forward-batches.ts";
import type { TokenExample } from "../token-example.ts";
import type { MaskChoice } from "./mask-tokens.ts";

/** Examples as a network takes them, by what is asked of it: a label, the tokens of a text, or one of some choices. */
export type StatisticInput =
  | { readonly asks: "labels"; readonly examples: readonly StatisticExample[] }
  /** `masks`: the tokens asked for are hidden ones, chosen so; else each token is asked for given those before it. */
  | { readonly asks: "tokens"; readonly examples: readonly TokenExample[]; readonly masks?: MaskChoice }
  | { readonly asks: "choices"; readonly questions: readonly ChoiceQuestion[] };

/** Everything that goes through the network once. */
export const forwardExamples = (input: StatisticInput): readonly ForwardExample[] =>
  input.asks === "choices" ? input.questions.flatMap(({ choices }) => choices) : input.examples;

/** What of the examples decides numbers beside their file, for the key of a statistic. */
export const inputSettings = (
  input: Pick<StatisticInput, "asks"> & { readonly masks?: MaskChoice },
): Record<string, string | number> => ({
  asks: input.asks,
  ...(input.masks === undefined ? {} : { maskShare: input.masks.share, maskSeed: input.masks.seed }),
});

export const countExamples = (input: StatisticInput): number =>
  input.asks === "choices" ? input.questions.length : input.examples.length;

/** What the lines of a file are, by the keys of the first: `choices`; `target` beside `input`; `text`, with a label or without. */
export type LineForm = "choices" | "answers" | "labelled" | "texts";

export function lineForm(source: string | Uint8Array): LineForm {
  const [first] = readJsonLines(source, "text, or context and choices, or input and target");
  if (first === undefined) return "texts";
  if (has(first, "choices")) return "choices";
  if (has(first, "target")) return "answers";
  return has(first, "label") ? "labelled" : "texts";
}

const has = ({ value }: JsonLine, key: string): boolean => value[key] !== undefined;

/**
 * The head that lines of a form are for, among those that a model can have, the first of them its usual one.
 * @param isMasked plain texts are for a masked-language head, where there is one
 */
export function headFor(form: LineForm, heads: readonly HeadKind[], model: string, isMasked = false): HeadKind {
  const language = heads.find((head) => head === "causal-language" || head === "sequence-to-sequence");
  if (form === "labelled")
    return need(
      heads.find((head) => head === "classification"),
      "labels",
      model,
    );
  if (form === "answers")
    return need(
      heads.find((head) => head === "sequence-to-sequence"),
      "inputs with targets",
      model,
    );
  if (form === "choices") return need(language, "choices", model);
  const masked = isMasked ? heads.find((head) => head === "masked-language") : undefined;
  return need(language ?? masked ?? heads.find((head) => head === "classification"), "texts", model);
}

function need(head: HeadKind | undefined, lines: string, model: string): HeadKind {
  if (head !== undefined) return head;
  throw new Error(`${model}: this architecture has no head for lines with ${lines}.`);
}

export const isLanguage = ({ head }: Network): boolean => head === "causal-language" || head === "sequence-to-sequence";
