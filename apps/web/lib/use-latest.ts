"use client";
import { useEffect, useState } from "react";
import { ApiError } from "./execute.ts";

const waitMs = 250;
const spinnerMs = 400;

export interface Latest<Answer> {
  /** The newest answer; it stays, to be dimmed, while the next one is on its way. */
  answer: Answer | null;
  isStale: boolean;
  isSlow: boolean;
  failure: ApiError | null;
  seconds: number | null;
  retry: () => void;
}

/** Asks a moment after each change of the input, and drops what is overtaken; null asks nothing. `ask` must not change its meaning. */
export function useLatest<Input extends object, Answer>(
  input: Input | null,
  ask: (input: Input, signal: AbortSignal) => Promise<Answer>,
): Latest<Answer> {
  const key = input ? JSON.stringify(input) : null;
  const [found, setFound] = useState<{ key: string; answer: Answer; seconds: number } | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [slowKey, setSlowKey] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a retry asks again for the same input
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    const work = async () => {
      const began = performance.now();
      try {
        const answer = await ask(JSON.parse(key), abort.signal);
        setFound({ key, answer, seconds: (performance.now() - began) / 1000 });
        setFailure(null);
      } catch (error) {
        if (!abort.signal.aborted) setFailure(error instanceof ApiError ? error : new ApiError("failed", String(error)));
      }
    };
    const timer = setTimeout(work, waitMs);
    const slow = setTimeout(() => setSlowKey(key), waitMs + spinnerMs);
    return () => {
      clearTimeout(timer);
      clearTimeout(slow);
      abort.abort();
    };
  }, [key, attempt]);

  const isStale = key !== null && found?.key !== key;
  return {
    answer: key === null ? null : (found?.answer ?? null),
    isStale,
    isSlow: isStale && slowKey === key && !failure,
    failure: key === null ? null : failure,
    seconds: found?.seconds ?? null,
    retry: () => setAttempt((n) => n + 1),
  };
}
