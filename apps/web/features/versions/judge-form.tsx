"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { execute } from "../../lib/execute.ts";
import { JudgeMergeDocument } from "./judgement-documents.ts";

interface Props {
  versionRef: string;
  suites: readonly { namespace: string; name: string; title: string }[];
  verb?: string;
}

/** Asks for a judgement on one of the suites; the card then shows how far it is. */
export function JudgeForm({ versionRef, suites, verb = "Judge it" }: Props) {
  const router = useRouter();
  const [suite, setSuite] = useState(nameOf(suites[0]));
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const chosen = suites.some((each) => nameOf(each) === suite) ? suite : nameOf(suites[0]);
  const ask = async () => {
    setAsking(true);
    setProblem(null);
    try {
      const { judgeMerge } = await execute(JudgeMergeDocument, { input: { version: versionRef, suite: chosen } });
      if (judgeMerge.__typename === "RefusedError")
        setProblem(judgeMerge.faults.map(({ message }) => message).join(" ") || judgeMerge.message);
      router.refresh();
    } catch (error) {
      setProblem(`${error instanceof Error ? error.message : "The request did not arrive."} Nothing was requested; try again.`);
    } finally {
      setAsking(false);
    }
  };
  return (
    <div className="flex flex-wrap items-center gap-2 text-table">
      {suites.length > 1 && (
        <select
          aria-label="Suite"
          value={chosen}
          onChange={(event) => setSuite(event.target.value)}
          className="h-8 min-w-0 rounded-control border border-line-2 bg-surface px-2 phone:h-10"
        >
          {suites.map((each) => (
            <option key={nameOf(each)} value={nameOf(each)}>
              {each.title}
            </option>
          ))}
        </select>
      )}
      <Button onClick={ask} disabled={isAsking}>
        {isAsking ? "Asking" : suites.length > 1 || verb !== "Judge it" ? verb : `Judge it on ${suites[0]?.title}`}
      </Button>
      <span role="status" className="text-caption text-bad">
        {problem}
      </span>
    </div>
  );
}

const nameOf = (suite: { namespace: string; name: string } | undefined): string =>
  suite ? `${suite.namespace}/${suite.name}` : "";
