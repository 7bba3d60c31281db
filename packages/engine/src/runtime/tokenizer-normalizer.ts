import { Tokenizer } from "@huggingface/tokenizers";
import { precompiledNormalizer } from "./precompiled-normalizer.ts";

type Normalizer = NonNullable<Tokenizer["normalizer"]>;
type Step = (text: string) => string;

/** The library's steps are made by its tokenizers: one that holds nothing else. */
const EMPTY = {
  model: { type: "BPE", vocab: {}, merges: [] },
  decoder: null,
  post_processor: null,
  pre_tokenizer: null,
  added_tokens: [],
};

/**
 * Puts SentencePiece's own table in the place of the library's `Precompiled` step, which takes NFKC for it: of texts with joiners, accents
 * on symbols or control characters, T5 and XLM-R would get other tokens.
 */
export function usePrecompiledTable(tokenizer: Tokenizer, settings: unknown): void {
  const parts = partsOf(settings);
  if (!parts.some(isPrecompiled)) return;
  const steps = parts.map(stepOf);
  const normalize: Step = (text) => steps.reduce((current, step) => step(current), text);
  tokenizer.normalizer = normalize as unknown as Normalizer;
}

interface Part {
  readonly type?: unknown;
  readonly normalizers?: unknown;
  readonly precompiled_charsmap?: unknown;
}

function partsOf(settings: unknown): readonly Part[] {
  if (typeof settings !== "object" || settings === null) return [];
  const { type, normalizers } = settings as Part;
  return type === "Sequence" && Array.isArray(normalizers) ? normalizers.flatMap(partsOf) : [settings as Part];
}

const isPrecompiled = ({ type, precompiled_charsmap: table }: Part): boolean =>
  type === "Precompiled" && typeof table === "string" && table !== "";

function stepOf(part: Part): Step {
  if (isPrecompiled(part)) return precompiledNormalizer(String(part.precompiled_charsmap));
  const step = new Tokenizer({ ...EMPTY, normalizer: part }, {}).normalizer;
  return step === null ? (text) => text : (text) => (step as unknown as Step)(text);
}
