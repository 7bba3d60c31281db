"use client";
import { useEffect, useState } from "react";
import type { CheckMergeQuery } from "../../gql/graphql.ts";
import { ApiError, execute } from "../../lib/execute.ts";
import { CheckMergeDocument } from "./merge-documents.ts";

const waitMs = 250;
const spinnerMs = 400;

export type Check = CheckMergeQuery["checkMerge"];

export interface CheckState {
  /** The newest answer; it stays, dimmed, while the next one is on its way. */
  check: Check | null;
  isStale: boolean;
  isSlow: boolean;
  failure: ApiError | null;
  seconds: number | null;
  retry: () => void;
}

/** Pre-flight after each change of the recipe; null asks nothing. */
export function useCheck(recipe: Record<string, unknown> | null): CheckState {
  const key = recipe ? JSON.stringify(recipe) : null;
  const [answer, setAnswer] = useState<{ key: string; check: Check; seconds: number } | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [slowKey, setSlowKey] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a retry asks again for the same recipe
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    const ask = async () => {
      const began = performance.now();
      try {
        const { checkMerge } = await execute(
          CheckMergeDocument,
          { recipe: JSON.parse(key) },
          { url: "/graphql", signal: abort.signal },
        );
        setAnswer({ key, check: checkMerge, seconds: (performance.now() - began) / 1000 });
        setFailure(null);
      } catch (error) {
        if (!abort.signal.aborted) setFailure(error instanceof ApiError ? error : new ApiError("failed", String(error)));
      }
    };
    const timer = setTimeout(ask, waitMs);
    const slow = setTimeout(() => setSlowKey(key), waitMs + spinnerMs);
    return () => {
      clearTimeout(timer);
      clearTimeout(slow);
      abort.abort();
    };
  }, [key, attempt]);

  const isStale = key !== null && answer?.key !== key;
  return {
    check: key === null ? null : (answer?.check ?? null),
    isStale,
    isSlow: isStale && slowKey === key && !failure,
    failure: key === null ? null : failure,
    seconds: answer?.seconds ?? null,
    retry: () => setAttempt((n) => n + 1),
  };
}
