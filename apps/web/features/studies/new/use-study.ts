"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { CheckStudyQuery, StartStudyInput } from "../../../gql/graphql.ts";
import { execute } from "../../../lib/execute.ts";
import { useLatest } from "../../../lib/use-latest.ts";
import type { Fault } from "../../merge/preflight.tsx";
import { studyPath } from "../study-words.ts";
import { CheckStudyDocument, StartStudyDocument } from "./new-study-documents.ts";

/** What the server says of the study as it stands; null asks nothing. */
export const useStudyCheck = (input: StartStudyInput | null) => useLatest(input, ask);

async function ask(input: StartStudyInput, signal: AbortSignal): Promise<CheckStudyQuery["checkStudy"]> {
  return (await execute(CheckStudyDocument, { input }, { url: "/graphql", signal })).checkStudy;
}

/** Starts a study and goes to its page; a refusal comes back as faults. */
export function useStart() {
  const router = useRouter();
  const [refusal, setRefusal] = useState<readonly Fault[]>([]);
  const [isSending, setSending] = useState(false);
  const start = async (input: StartStudyInput) => {
    setSending(true);
    setRefusal([]);
    try {
      const { startStudy } = await execute(StartStudyDocument, { input });
      if (startStudy.__typename === "StartStudySuccess") return router.push(studyPath(startStudy.study));
      setRefusal(startStudy.faults.length > 0 ? startStudy.faults : [{ code: "REFUSED", message: startStudy.message, path: [] }]);
    } catch (error) {
      const message = error instanceof Error ? error.message : "The request did not arrive.";
      setRefusal([{ code: "SEND", message: `${message} Nothing was started; try again.`, path: [] }]);
    } finally {
      setSending(false);
    }
  };
  return { start, refusal, clearRefusal: () => setRefusal([]), isSending };
}
