"use client";
import { useCallback, useEffect, useState } from "react";
import { type Draft, writeDraft } from "./draft.ts";

const writeMs = 250;

/** The draft, mirrored into the address a moment after each change: the link is always the draft. */
export function useDraft(initial: Draft): [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState(initial);
  useEffect(() => {
    const timer = setTimeout(() => window.history.replaceState(null, "", `/merge?${writeDraft(draft)}`), writeMs);
    return () => clearTimeout(timer);
  }, [draft]);
  const change = useCallback((part: Partial<Draft>) => setDraft((was) => ({ ...was, ...part })), []);
  return [draft, change];
}
