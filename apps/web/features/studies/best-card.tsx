import Link from "next/link";
import { strandColour } from "../../components/strands/geometry.ts";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { accuracy, interval, statistic } from "../../lib/format.ts";
import { versionPath } from "../versions/version-path.ts";
import { coordinateLabel, parentOf } from "./study-words.ts";

type Study = Pick<StudyDetailFragment, "best" | "bestVersion" | "verdict" | "space" | "parents">;

/** The best trial so far: its score where it was searched, its score where it was not, and its numbers. */
export function BestCard({ study }: { study: Study }) {
  const { best, bestVersion, verdict } = study;
  return (
    <Card>
      <CardHead title="Best" note={best ? `trial ${best.index}` : undefined}>
        {bestVersion && bestVersion.state === "READY" && (
          <Link href={versionPath(bestVersion)} className="link text-caption">
            {bestVersion.ref}
          </Link>
        )}
      </CardHead>
      <div className="px-4 pb-4">
        {typeof best?.value !== "number" ? (
          <p className="text-table text-ink-3">
            No trial has a score yet. The first one also loads the networks, so it takes longest.
          </p>
        ) : (
          <>
            <div className="flex items-center gap-3">
              <span className="num text-figure font-semibold tracking-[-0.035em]">{accuracy(best.value)}</span>
              <span className="num text-caption text-ink-3">
                search split
                {typeof best.low === "number" && typeof best.high === "number" && ` ${interval(best.value, best.low, best.high)}`}
                {verdict && (
                  <>
                    <br />
                    <span className="font-medium text-ink-2">{accuracy(verdict.mean)}</span> on the report split
                  </>
                )}
              </span>
            </div>
            <dl className="mt-2 flex flex-col">
              {best.params.map(({ name, value }) => (
                <Coordinate key={name} name={name} value={value} study={study} />
              ))}
            </dl>
            {verdict && (
              <p className="mt-3 border-line border-t pt-3 text-caption text-ink-3">{gapWords(best.value, verdict.mean)}</p>
            )}
          </>
        )}
      </div>
    </Card>
  );
}

function Coordinate({ name, value, study }: { name: string; value: number; study: Study }) {
  const bounds = study.space.find((each) => each.name === name);
  const parent = parentOf(name);
  const strand = study.parents.filter(({ role }) => role === "PARENT")[parent ?? -1]?.version?.model.strand;
  const share = bounds ? (value - bounds.low) / (bounds.high - bounds.low) : 0;
  return (
    <div className="mt-[7px] grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_44px] items-center gap-2 text-[12.5px] leading-4">
      <dt className="truncate" title={name}>
        {coordinateLabel(name, study.parents)}
      </dt>
      <span className="relative h-1.5 rounded-full bg-sunken" aria-hidden="true">
        <i
          className="keep-colour absolute inset-y-0 left-0 rounded-full"
          style={{
            width: `${100 * Math.min(1, Math.max(0, share))}%`,
            background: parent === null ? "var(--ink)" : strandColour(strand),
          }}
        />
      </span>
      <dd className="num text-right">{statistic(value)}</dd>
    </div>
  );
}

function gapWords(search: number, report: number): string {
  const gap = search - report;
  if (Math.abs(gap) < 0.0005) return "Search and report score agree. Only the report score ranks.";
  const [size, side] = [accuracy(Math.abs(gap)), gap > 0 ? "above" : "below"];
  const why = gap > 0 ? "Part of that gap is selection" : "The splits differ";
  return `The search score is ${size} ${side} the report score. ${why}; only the report score ranks.`;
}
