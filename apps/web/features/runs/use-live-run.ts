"use client";
import { useCallback, useEffect, useState } from "react";
import type { RunChangedSubscription, RunDetailFragment } from "../../gql/graphql.ts";
import { execute } from "../../lib/execute.ts";
import { RunChangedDocument, RunNowDocument } from "./run-fragments.ts";
import { isEnded } from "./run-words.ts";

const pollMs = 2000;

export interface LiveRun {
  run: RunDetailFragment;
  setRun: (run: RunDetailFragment) => void;
  /** When both the stream and asking again failed: the time of the last answer. */
  pausedSince: string | null;
  reconnect: () => void;
}

/** Follows a run by its event stream; when that breaks, by asking again. */
export function useLiveRun(initial: RunDetailFragment): LiveRun {
  const [run, setRun] = useState(initial);
  const [pausedSince, setPausedSince] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const isOver = isEnded(run.state);
  const id = run.id;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt starts the stream again
  useEffect(() => {
    if (isOver) return;
    const abort = new AbortController();
    let last = new Date();
    const take = (next: RunDetailFragment) => {
      if (abort.signal.aborted) return;
      last = new Date();
      setPausedSince(null);
      setRun(next);
    };
    follow(id, take, abort.signal)
      .catch(() => {})
      .then(() => poll(id, take, abort.signal))
      .catch(() => !abort.signal.aborted && setPausedSince(last.toLocaleTimeString("en-GB")));
    return () => abort.abort();
  }, [id, isOver, attempt]);

  const reconnect = useCallback(() => {
    setPausedSince(null);
    setAttempt((n) => n + 1);
  }, []);
  return { run, setRun, pausedSince, reconnect };
}

/** Ends when the run has ended, the stream broke, or the page was left. */
async function follow(id: string, take: (run: RunDetailFragment) => void, signal: AbortSignal): Promise<void> {
  const { createClient } = await import("graphql-sse");
  if (signal.aborted) return;
  const client = createClient({ url: "/graphql", retryAttempts: 2 });
  signal.addEventListener("abort", () => client.dispose());
  const events = client.iterate<RunChangedSubscription>({ query: RunChangedDocument.toString(), variables: { id } });
  for await (const event of events) {
    if (!event.data) break;
    take(event.data.runChanged);
    if (isEnded(event.data.runChanged.state)) break;
  }
  client.dispose();
}

/** Three failures in a row are a reason to say so. */
async function poll(id: string, take: (run: RunDetailFragment) => void, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { run } = await execute(RunNowDocument, { id }, { url: "/graphql", signal });
      failures = 0;
      if (run) take(run);
      if (!run || isEnded(run.state)) return;
    } catch (error) {
      failures += 1;
      if (failures >= 3) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
