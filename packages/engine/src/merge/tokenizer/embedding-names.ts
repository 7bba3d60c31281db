import type { Fields } from "../record.ts";

/** A tensor whose rows (axis 0) belong to tokens. */
export interface VocabularyTensor {
  readonly name: string;
  /** input: embeddings; output: the matrix of the language-model head; bias: one number for each token */
  readonly role: "input" | "output" | "bias";
  readonly axis: 0;
}

type Names = readonly { readonly role: VocabularyTensor["role"]; readonly name: RegExp }[];

const names = (role: VocabularyTensor["role"], ...patterns: readonly RegExp[]): Names => patterns.map((name) => ({ role, name }));

/** Llama, Mistral, Qwen, Gemma, Phi and what is built like them. */
const decoder: Names = [
  ...names("input", /^(.+\.)?model\.(language_model\.)?embed_tokens\.weight$/, /^embed_tokens\.weight$/),
  ...names("output", /^(.+\.)?lm_head\.weight$/),
  ...names("bias", /^(.+\.)?lm_head\.bias$/),
];
const gpt: Names = [
  ...names("input", /^(.+\.)?wte\.weight$/),
  ...names("output", /^lm_head\.weight$/),
  ...names("bias", /^lm_head\.bias$/),
];
const bert: Names = [
  ...names("input", /^(.+\.)?embeddings\.word_embeddings\.weight$/),
  ...names("output", /^cls\.predictions\.decoder\.weight$/, /^lm_head\.decoder\.weight$/, /^vocab_projector\.weight$/),
  ...names("bias", /^cls\.predictions(\.decoder)?\.bias$/, /^lm_head(\.decoder)?\.bias$/, /^vocab_projector\.bias$/),
];
const t5: Names = [
  ...names("input", /^(model\.)?shared\.weight$/, /^(model\.)?(encoder|decoder)\.embed_tokens\.weight$/),
  ...names("output", /^lm_head\.weight$/),
];

const families: readonly { readonly modelType: RegExp; readonly tensors: Names }[] = [
  { modelType: /^(gpt2|gpt_bigcode|gptj|gpt_neo|codegen)$/, tensors: gpt },
  { modelType: /^((x?lm-)?roberta|xlm-roberta|(distil|al|camem|mobile)?bert|electra|deberta(-v2)?|mpnet)$/, tensors: bert },
  { modelType: /^(u?m?t5|longt5|switch_transformers|bart|mbart|pegasus)$/, tensors: t5 },
  {
    modelType: /^(llama|mistral|mixtral|qwen\d?(_\w+)?|gemma\d?(_\w+)?|phi\d?|stablelm|olmo\d?|cohere\d?|granite)$/,
    tensors: decoder,
  },
];
const anyFamily: Names = [
  ...new Map(families.flatMap(({ tensors }) => tensors).map((entry) => [`${entry.role}${entry.name}`, entry])).values(),
];

/** Part of every name above: of most tensors, one look tells that they are none. */
const telling = /embed|wte|lm_head|shared|predictions|vocab_projector/;

/** Tells what the rows of a tensor are, by the names that an architecture uses; null when they belong to no tokens. */
export function vocabularyRoles(config: Fields | null): (name: string) => VocabularyTensor["role"] | null {
  const modelType = config?.["model_type"];
  const family = typeof modelType === "string" ? families.find((entry) => entry.modelType.test(modelType)) : undefined;
  const known = family?.tensors ?? anyFamily;
  return (name) => (telling.test(name) ? (known.find((entry) => entry.name.test(name))?.role ?? null) : null);
}

/**
 * The tensors of a checkpoint whose rows belong to tokens, in the given order. An architecture that is not known is searched for
 * the names of all families. Whether axis 0 is as long as the vocabulary is for the caller to check.
 */
export function embeddingNames(config: Fields | null, tensorNames: Iterable<string>): VocabularyTensor[] {
  const roleOf = vocabularyRoles(config);
  return [...tensorNames].flatMap((name): VocabularyTensor[] => {
    const role = roleOf(name);
    return role === null ? [] : [{ name, role, axis: 0 }];
  });
}
