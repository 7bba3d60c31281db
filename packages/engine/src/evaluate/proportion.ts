import { countCorrect } from "./correct-bits.ts";
import { wilson } from "./intervals.ts";
import type { Finding } from "./score.ts";

/** The share of right answers with its Wilson interval. */
export function proportion(correct: Uint8Array, n: number, truncated = 0): Finding {
  const right = countCorrect({ bits: correct, n });
  return { value: right / n, n, ...wilson(right, n), interval: "wilson", correct, truncated, details: {} };
}
