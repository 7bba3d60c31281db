/** Everything that decides what a run produces. The same settings, seed and backend give the same files. */
export const settings = {
  seed: 7,
  tasks: ["spam", "supersense", "pos", "genre", "language", "era"],
  tokenizer: {
    vocabularySize: 7000,
    minCharacterCount: 30,
    maxLength: 64,
    /** The declarations are 1 % of the words; their pieces would else hardly enter the vocabulary. */
    corpusWeights: { declaration: 12 } as Readonly<Record<string, number>>,
  },
  model: {
    hidden_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    intermediate_size: 384,
    max_position_embeddings: 64,
    type_vocab_size: 2,
    hidden_act: "gelu",
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
    classifier_dropout: null,
  },
  /** Root mean square of an embedding row taken from the word vectors. */
  embeddingScale: 0.08,
  base: {
    phases: [
      { untilStep: 12398, scheduledSteps: 20000 },
      { untilStep: 17000, scheduledSteps: 17000 },
    ],
    pairs: 24,
    peakLearningRate: 1.5e-3,
    warmupSteps: 600,
    weightDecay: 0.01,
    maskedShare: 0.15,
    /** Texts drawn from each corpus, relative to each other. */
    corpusShares: { mail: 1, glosses: 1.6, brown: 1.4, declaration: 0.6, speeches: 1.2 } as Readonly<Record<string, number>>,
    wordsPerText: 3,
    lossWeights: { masked: 1, words: 0.5, pairs: 0.2 },
    temperature: 0.1,
  },
  head: { iterations: 200, learningRate: 0.1, penalties: [0.001, 0.03, 0.3] },
  expert: { epochs: 4, batch: 32, peakLearningRate: 5e-4, weightDecay: 0.01, warmupShare: 0.06, hiddenShare: 0.3 },
};

export type Settings = typeof settings;
