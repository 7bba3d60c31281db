import Link from "next/link";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { plural } from "../../lib/format.ts";
import { runPath } from "../versions/version-path.ts";
import { isOver, measuredOf } from "./study-words.ts";

/** What has to be measured before the first trial; gone once everything is there. */
export function MeasuringCard({ study }: { study: StudyDetailFragment }) {
  const { done, total } = measuredOf(study);
  if (done === total || isOver(study.state)) return null;
  const runs = new Map(
    study.needs.flatMap(({ statistic }) =>
      statistic.run && statistic.state !== "SUCCEEDED" ? [[statistic.run.id, statistic.run]] : [],
    ),
  );
  return (
    <Card className="mb-3.5">
      <CardHead title="Measuring first" note={`${done} of ${plural(total, "statistic")}; trials begin when all are there`} />
      <ProgressBar value={done / total} label="Statistics measured" className="mx-4 mt-1 mb-3 h-1.5" />
      <ul className="flex flex-wrap gap-x-5 gap-y-1 px-4 pb-3.5 text-table">
        {[...runs.values()].map((run) => (
          <li key={run.id}>
            <Link href={runPath(run.id)} className="link text-ink-2">
              {run.title}
            </Link>{" "}
            <span className="num text-caption text-ink-3">
              {run.state === "RUNNING" ? `${Math.round(run.progress * 100)} %` : run.state.toLowerCase()}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
