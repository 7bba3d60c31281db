"use client";
import { useState } from "react";

/** One request at a time from a row of buttons: what it changed goes to `onDone`; a refusal, given as words, stays until the next try. */
export function useAction<Result extends object>(onDone: (result: Result) => void) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const act = async (ask: () => Promise<Result | string>): Promise<void> => {
    setAsking(true);
    setRefusal(null);
    const answer = await ask().catch((error: unknown) =>
      error instanceof Error ? error.message : "The request did not arrive.",
    );
    setAsking(false);
    if (typeof answer === "string") setRefusal(answer);
    else onDone(answer);
  };
  return { act, isAsking, refusal };
}
