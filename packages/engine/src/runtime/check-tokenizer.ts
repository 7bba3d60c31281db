import type { PairNetwork, TextNetwork } from "./network.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/**
 * Throws unless every id that the tokenizer can give, special tokens and padding among them, has a row in the network's embedding. The
 * other way round is common: vocabularies are padded to round numbers. `where` names the model in the message.
 */
export function checkTokenizer(tokenizer: TextTokenizer, network: TextNetwork | PairNetwork, where: string): void {
  const { vocabularySize, before, after } = tokenizer;
  if (vocabularySize > network.vocabularySize) {
    throw new Error(
      `${where}: tokenizer.json has ids up to ${vocabularySize - 1}; the model embeds ${network.vocabularySize} tokens.`,
    );
  }
  const template = before.length + after.length;
  if (template >= network.maxLength) {
    throw new Error(`${where}: the template of tokenizer.json adds ${template} tokens; the model takes ${network.maxLength}.`);
  }
}
