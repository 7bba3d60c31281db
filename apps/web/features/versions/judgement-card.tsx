import Link from "next/link";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { JudgementFragment } from "../../gql/graphql.ts";
import { accuracy } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { suitePath } from "../leaderboards/suites-page.tsx";
import { isOver } from "../studies/study-words.ts";
import { ComparisonRows } from "../studies/verdict-card.tsx";
import { JudgeForm } from "./judge-form.tsx";
import { JudgementsDocument } from "./judgement-documents.ts";
import { RefreshWhile } from "./refresh-while.tsx";

/** Did merging pay? A merge against its parents, their average and tuned task arithmetic, suite by suite. */
export async function JudgementCard({ versionRef }: { versionRef: string }) {
  const answer = await load(JudgementsDocument, { ref: versionRef });
  // The page around it tells of a server that does not answer.
  if (!answer.ok || !answer.data.version) return null;
  const { version, suites } = answer.data;
  const { judgements } = version;
  const open = suites.edges.map(({ node }) => node).filter(({ id }) => !judgements.some(({ suite }) => suite?.id === id));
  // The suite of the same namespace is the likely one.
  const choices = open.sort(
    (a, b) => Number(b.namespace === version.model.namespace) - Number(a.namespace === version.model.namespace),
  );
  if (judgements.length === 0 && choices.length === 0) return null;
  return (
    <Card>
      <CardHead title="Did merging pay?" note="report splits, paired over the same examples" />
      {judgements.some(({ state }) => !isOver(state)) && <RefreshWhile />}
      {judgements.map((judgement) => (
        <Judgement key={judgement.id} judgement={judgement} versionRef={version.ref} namespace={version.model.namespace} />
      ))}
      {choices.length > 0 && (
        <div className={judgements.length > 0 ? "border-line border-t px-4 py-3" : "px-4 pb-4"}>
          {judgements.length === 0 && (
            <p className="mb-2.5 text-table text-ink-3">
              Scores it beside its parents, their plain average and task arithmetic at a tuned factor, and tells the differences
              with intervals.
            </p>
          )}
          <JudgeForm versionRef={version.ref} suites={choices} />
        </div>
      )}
    </Card>
  );
}

function Judgement({
  judgement,
  versionRef,
  namespace,
}: {
  judgement: JudgementFragment;
  versionRef: string;
  namespace: string;
}) {
  const { suite, state, verdict, failure, trialsDone, trialsExpected } = judgement;
  const average = verdict?.comparisons.find(({ baseline }) => baseline === "AVERAGE");
  return (
    <section className="border-line not-first:border-t" aria-label={`On ${suite?.title ?? "a suite that was deleted"}`}>
      <p className="px-4 pt-2 text-caption text-ink-3">
        {suite ? (
          <Link href={suitePath(suite)} className="link">
            {suite.title}
          </Link>
        ) : (
          "A suite that was deleted"
        )}
        {verdict && <span className="num">, {accuracy(verdict.mean)} on the mean</span>}
      </p>
      {!isOver(state) && (
        <div className="px-4 pt-1.5 pb-3">
          <p className="mb-1.5 text-table text-ink-2" role="status">
            {state === "QUEUED" || trialsDone === 0
              ? "Waiting for the merge and a worker"
              : `${trialsDone} of ${trialsExpected} baselines merged and scored`}
          </p>
          <ProgressBar value={trialsDone / Math.max(1, trialsExpected)} label="Baselines" />
        </div>
      )}
      {failure && (
        <div className="px-4 pt-1 pb-3 text-table">
          <p className="mb-2 text-bad">{failure.message}</p>
          {suite && <JudgeForm versionRef={versionRef} suites={[suite]} verb="Judge again" />}
        </div>
      )}
      {isOver(state) && !failure && !verdict && (
        <p className="px-4 pt-1 pb-3 text-table text-ink-3">
          It has no score on every task of the suite: an evaluation failed or was cancelled. Evaluations tells which.
        </p>
      )}
      {average && <p className="num px-4 pt-0.5 pb-2 text-section font-semibold">{average.sentence}</p>}
      {verdict && verdict.comparisons.length > 0 && (
        <ComparisonRows
          comparisons={verdict.comparisons}
          namespace={namespace}
          label="The merge against its baselines"
          own="Merge"
        />
      )}
    </section>
  );
}
