"use client";
import { useCallback, useEffect, useState } from "react";
import type { StudyChangedSubscription, StudyDetailFragment } from "../../gql/graphql.ts";
import { execute } from "../../lib/execute.ts";
import { StudyChangedDocument, StudyDocument } from "./study-documents.ts";
import { isOver } from "./study-words.ts";

const pollMs = 2000;
/** Trials may end many times a second; a picture need not change as often. */
const leastMs = 700;

export interface LiveStudy {
  study: StudyDetailFragment;
  setStudy: (study: StudyDetailFragment) => void;
  /** When both the stream and asking again failed: the time of the last answer. */
  pausedSince: string | null;
  reconnect: () => void;
}

type Refresh = () => Promise<StudyDetailFragment | null>;

/** Follows a study by its event stream; when that breaks, by asking again. */
export function useLiveStudy(initial: StudyDetailFragment): LiveStudy {
  const [study, setStudy] = useState(initial);
  const [pausedSince, setPausedSince] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const hasEnded = isOver(study.state);
  const id = study.id;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt starts the stream again
  useEffect(() => {
    if (hasEnded) return;
    const abort = new AbortController();
    let last = new Date();
    const refresh: Refresh = async () => {
      const { study: next } = await execute(StudyDocument, { id }, { url: "/graphql", signal: abort.signal });
      if (abort.signal.aborted) return null;
      last = new Date();
      setPausedSince(null);
      if (next) setStudy(next);
      return next ?? null;
    };
    follow(id, refresh, abort.signal)
      .catch(() => {})
      .then(() => poll(refresh, abort.signal))
      .catch(() => !abort.signal.aborted && setPausedSince(last.toLocaleTimeString("en-GB")));
    return () => abort.abort();
  }, [id, hasEnded, attempt]);

  const reconnect = useCallback(() => {
    setPausedSince(null);
    setAttempt((n) => n + 1);
  }, []);
  return { study, setStudy, pausedSince, reconnect };
}

/** Ends when the study has ended, the stream broke, or the page was left. */
async function follow(id: string, refresh: Refresh, signal: AbortSignal): Promise<void> {
  const { createClient } = await import("graphql-sse");
  if (signal.aborted) return;
  const client = createClient({ url: "/graphql", retryAttempts: 2 });
  signal.addEventListener("abort", () => client.dispose());
  const events = client.iterate<StudyChangedSubscription>({ query: StudyChangedDocument.toString(), variables: { id } });
  let asked = 0;
  let waiting: ReturnType<typeof setTimeout> | null = null;
  const ask = () => {
    waiting = null;
    asked = Date.now();
    refresh().catch(() => {}); // the next change asks again
  };
  for await (const event of events) {
    if (!event.data || signal.aborted) break;
    if (isOver(event.data.studyChanged.state)) break;
    waiting ??= setTimeout(ask, Math.max(0, asked + leastMs - Date.now()));
  }
  if (waiting) clearTimeout(waiting);
  client.dispose();
}

/** Asks until the study has ended; three failures in a row are a reason to say so. */
async function poll(refresh: Refresh, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const study = await refresh();
      failures = 0;
      if (!study || isOver(study.state)) return;
    } catch (error) {
      failures += 1;
      if (failures >= 3) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
