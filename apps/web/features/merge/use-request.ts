"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { execute } from "../../lib/execute.ts";
import { runPath, versionPath } from "../versions/version-path.ts";
import { splitName } from "./draft.ts";
import { RequestMergeDocument } from "./merge-documents.ts";
import type { Fault } from "./preflight.tsx";
import type { Statistics } from "./use-check.ts";

interface Asked {
  suite: string | null;
  statistics: Statistics;
}

/** Sends the merge and goes to its run; a refusal comes back as faults in the pre-flight column. */
export function useRequest() {
  const router = useRouter();
  const [refusal, setRefusal] = useState<readonly Fault[]>([]);
  const [isSending, setSending] = useState(false);

  const request = async (name: string, recipe: Record<string, unknown>, { suite, statistics }: Asked) => {
    const target = splitName(name);
    if (!target) {
      setRefusal([
        {
          code: "NAME",
          message: `“${name}” is not a name. Write namespace/name, in letters, digits, dots and dashes.`,
          path: ["name"],
        },
      ]);
      return;
    }
    setSending(true);
    setRefusal([]);
    try {
      const { requestMerge } = await execute(RequestMergeDocument, {
        input: { ...target, recipe, ...(suite ? { suite } : {}), ...(statistics ? { statistics } : {}) },
      });
      if (requestMerge.__typename === "RefusedError") {
        setRefusal(faultsOf(requestMerge));
      } else if (!requestMerge.created && requestMerge.version) {
        router.push(versionPath(requestMerge.version));
      } else {
        router.push(runPath(requestMerge.run.id));
      }
    } catch (error) {
      setRefusal([
        {
          code: "SEND",
          message: `${error instanceof Error ? error.message : "The request did not arrive."} Nothing was requested; try again.`,
          path: [],
        },
      ]);
    } finally {
      setSending(false);
    }
  };
  return { request, refusal, clearRefusal: () => setRefusal([]), isSending };
}

function faultsOf(refusal: { message: string; faults: Fault[] }): Fault[] {
  return refusal.faults.length > 0 ? refusal.faults : [{ code: "REFUSED", message: refusal.message, path: [] }];
}
