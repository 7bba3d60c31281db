import type { TextNetwork } from "../../runtime/index.ts";
import { z95 } from "../intervals.ts";
import type { Finding, Work } from "../score.ts";
import { beginning } from "./continuations.ts";
import type { LanguageTokenizer } from "./language-tokenizer.ts";
import { logLikelihoods } from "./log-likelihood.ts";
import type { ScoredTokens } from "./stem-groups.ts";

/** Documents whose windows are scored together. */
const WINDOW = 64;

/**
 * Bits per token of documents under a causal model: −Σ log₂ p(token | those before it in its window) / tokens.
 *
 * A document begins after the token that begins texts, which is not scored; a tokenizer without one leaves a document's first token unscored.
 * Longer documents go through in windows of the model's length, each beginning with the last token of the one before, so every token is
 * scored exactly once. The interval treats documents as a sample and the score as a ratio of sums:
 *   r = Σ N_d / Σ T_d,   Var r ≈ D/(D−1) · Σ (N_d − r·T_d)² / (Σ T_d)²   (Cochran 1977, §6), value ± z·√Var; one document has none.
 */
export async function perplexity(
  network: TextNetwork,
  tokenizer: LanguageTokenizer,
  documents: readonly string[],
  work: Work,
): Promise<Finding> {
  const nats = new Float64Array(documents.length);
  const tokens = new Float64Array(documents.length);
  for (let start = 0; start < documents.length; start += WINDOW) {
    const windows = documents
      .slice(start, start + WINDOW)
      .flatMap((text, index) =>
        windowsOf(text, tokenizer, network.maxLength).map((window) => ({ ...window, owner: start + index })),
      );
    let done = 0;
    const sums = await logLikelihoods(network, windows, work, (count) => {
      done += count;
      const part = Math.floor((done / windows.length) * Math.min(WINDOW, documents.length - start));
      work.onProgress({ done: start + part, total: documents.length });
    });
    windows.forEach(({ owner, tokens: ids, from }, index) => {
      nats[owner] = (nats[owner] ?? 0) - (sums[index] ?? 0);
      tokens[owner] = (tokens[owner] ?? 0) + ids.length - from;
    });
  }
  return summarise(nats, tokens, documents);
}

function windowsOf(text: string, tokenizer: LanguageTokenizer, maxLength: number): ScoredTokens[] {
  const before = beginning(tokenizer);
  const ids = [...before, ...tokenizer.encodePlain(text)];
  const windows: ScoredTokens[] = [];
  // A window shows the model `maxLength` tokens and asks for the one after each.
  for (let begin = 0; begin < ids.length - 1; begin += maxLength) {
    const window = ids.slice(begin, begin + maxLength + 1);
    windows.push({ tokens: window, from: begin === 0 ? Math.max(1, before.length) : 1 });
  }
  return windows.filter(({ tokens, from }) => tokens.length > from);
}

function summarise(nats: Float64Array, tokens: Float64Array, documents: readonly string[]): Finding {
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const [allNats, allTokens] = [sum(nats), sum(tokens)];
  if (allTokens === 0) throw new Error("No document has a token that can be scored.");
  const natsPerToken = allNats / allTokens;
  const squares = nats.reduce((total, value, index) => total + (value - natsPerToken * (tokens[index] ?? 0)) ** 2, 0);
  const n = documents.length;
  const half = n > 1 ? (z95 * Math.sqrt((n / (n - 1)) * squares)) / allTokens / Math.LN2 : null;
  const bytes = documents.reduce((total, text) => total + Buffer.byteLength(text), 0);
  const value = natsPerToken / Math.LN2;
  return {
    value,
    n,
    low: half === null ? null : Math.max(0, value - half),
    high: half === null ? null : value + half,
    interval: half === null ? null : "normal",
    correct: null,
    truncated: 0,
    details: {
      tokens: allTokens,
      natsPerToken,
      perplexity: Math.exp(natsPerToken),
      bitsPerByte: allNats / Math.LN2 / bytes,
    },
  };
}
