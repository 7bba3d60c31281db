"use client";
import { useCallback, useEffect, useState } from "react";
import { type Draft, writeDraft } from "./draft.ts";

const writeMs = 250;

const mergePath = (draft: Draft): string => `/merge?${writeDraft(draft)}`;

/** The draft of a merge, mirrored into the address. */
export const useDraft = (initial: Draft) => useMirrored(initial, mergePath);

/** A draft whose address is replaced a moment after each change: the link is always the draft. */
export function useMirrored<D extends object>(initial: D, pathOf: (draft: D) => string): [D, (change: Partial<D>) => void] {
  const [draft, setDraft] = useState(initial);
  useEffect(() => {
    const timer = setTimeout(() => window.history.replaceState(null, "", pathOf(draft)), writeMs);
    return () => clearTimeout(timer);
  }, [draft, pathOf]);
  const change = useCallback((part: Partial<D>) => setDraft((was) => ({ ...was, ...part })), []);
  return [draft, change];
}
