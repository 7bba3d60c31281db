"use client";
import { Icon } from "../../components/icon.tsx";
import { Button, ButtonLink } from "../../components/ui/button.tsx";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { execute } from "../../lib/execute.ts";
import { useAction } from "../../lib/use-action.ts";
import { versionPath } from "../versions/version-path.ts";
import { ResumeStudyDocument, StopStudyDocument } from "./study-documents.ts";
import { isOver } from "./study-words.ts";

/** Stop, resume, and the way to what came of it; a refusal stands beside the button that was pressed. */
export function StudyActions({
  study,
  onChange,
}: {
  study: StudyDetailFragment;
  onChange: (study: StudyDetailFragment) => void;
}) {
  const { act, isAsking, refusal } = useAction(onChange);
  const input = { input: { id: study.id } };
  const stop = () =>
    execute(StopStudyDocument, input).then(({ stopStudy: a }) => (a.__typename === "StopStudySuccess" ? a.study : words(a)));
  const resume = () =>
    execute(ResumeStudyDocument, input).then(({ resumeStudy: a }) =>
      a.__typename === "ResumeStudySuccess" ? a.study : words(a),
    );
  const { bestVersion } = study;
  return (
    <>
      {refusal && (
        <span role="alert" className="max-w-[420px] text-caption text-bad">
          {refusal}
        </span>
      )}
      {!isOver(study.state) && (
        <Button onClick={() => act(stop)} disabled={isAsking || study.isStopping} title="The best so far is kept">
          <Icon name="stop" />
          {study.isStopping ? "Stopping" : "Stop"}
        </Button>
      )}
      {(study.state === "FAILED" || study.state === "CANCELLED") && (
        <Button onClick={() => act(resume)} disabled={isAsking} title="Goes on with the trials that were left">
          <Icon name="redo" />
          Resume
        </Button>
      )}
      {study.suite && isOver(study.state) && (
        <ButtonLink href={`/leaderboards/${encodeURIComponent(study.suite.namespace)}/${encodeURIComponent(study.suite.name)}`}>
          Leaderboard
        </ButtonLink>
      )}
      {bestVersion?.state === "READY" && (
        <ButtonLink look="filled" href={versionPath(bestVersion)}>
          Open {bestVersion.model.name} v{bestVersion.number}
        </ButtonLink>
      )}
    </>
  );
}

function words(refused: { message: string; faults: { message: string }[] }): string {
  return refused.faults.map((fault) => fault.message).join(" ") || refused.message;
}
