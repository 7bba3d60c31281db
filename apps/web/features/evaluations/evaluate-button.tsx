"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { graphql } from "../../gql/index.ts";
import { execute } from "../../lib/execute.ts";
import { runPath } from "../versions/version-path.ts";

const RequestEvaluationDocument = graphql(`
  mutation RequestEvaluation($input: RequestEvaluationInput!) {
    requestEvaluation(input: $input) {
      __typename
      ... on RequestEvaluationSuccess { existing runs { id } }
      ... on RefusedError { message faults { code message path } }
    }
  }
`);

interface Props {
  versionRef: string;
  namespace: string;
  suite: string;
  title: string;
  look?: "plain" | "filled";
}

/** Asks for what is not scored yet; with one run opens it, else shows them all. */
export function EvaluateButton({ versionRef, namespace, suite, title, look = "plain" }: Props) {
  const router = useRouter();
  const [isAsking, setAsking] = useState(false);
  const [answer, setAnswer] = useState<string | null>(null);
  const ask = async () => {
    setAsking(true);
    setAnswer(null);
    try {
      const { requestEvaluation } = await execute(RequestEvaluationDocument, {
        input: { versions: [versionRef], namespace, suite },
      });
      if (requestEvaluation.__typename === "RefusedError") {
        setAnswer(requestEvaluation.faults.map((fault) => fault.message).join(" ") || requestEvaluation.message);
      } else if (requestEvaluation.runs.length === 0) {
        setAnswer("Everything in this suite is evaluated already.");
        router.refresh();
      } else {
        const only = requestEvaluation.runs.length === 1 ? requestEvaluation.runs[0] : undefined;
        router.push(only ? runPath(only.id) : "/runs?kind=evaluation");
      }
    } catch (error) {
      setAnswer(
        error instanceof Error ? `${error.message} Nothing was requested; try again.` : "Nothing was requested; try again.",
      );
    } finally {
      setAsking(false);
    }
  };
  return (
    <span className="inline-flex flex-col items-center gap-1.5">
      <Button look={look} onClick={ask} disabled={isAsking}>
        {isAsking ? "Requesting" : `Evaluate on ${title}`}
      </Button>
      <span role="status" className="text-caption text-ink-2">
        {answer}
      </span>
    </span>
  );
}
