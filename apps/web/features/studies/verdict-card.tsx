import { Card, CardHead } from "../../components/ui/card.tsx";
import type { StudyDetailFragment } from "../../gql/graphql.ts";
import { accuracy, points, pointsRange } from "../../lib/format.ts";
import { isOver } from "./study-words.ts";

type Study = Pick<StudyDetailFragment, "verdict" | "state" | "bestVersion" | "namespace">;
type Comparison = NonNullable<Study["verdict"]>["comparisons"][number];

/** The best against its baselines on data that was not searched; a colour only where the interval excludes zero. */
export function VerdictCard({ study }: { study: Study }) {
  const comparisons = study.verdict?.comparisons ?? [];
  return (
    <Card>
      <CardHead title="Against baselines" note="report split, paired over the same examples" />
      {comparisons.length === 0 ? (
        <p className="px-4 pb-4 text-table text-ink-3">{emptyWords(study)}</p>
      ) : (
        <ComparisonRows comparisons={comparisons} namespace={study.namespace} label="The best against its baselines" own="Best" />
      )}
    </Card>
  );
}

interface Rows {
  comparisons: readonly Comparison[];
  /** Refs in it go without it. */
  namespace: string;
  label: string;
  /** What is compared, as the head of its column */
  own: string;
}

/** A line for each baseline: its score, and how far ahead of it the other one is. */
export function ComparisonRows({ comparisons, namespace, label, own }: Rows) {
  return (
    <table className="w-full border-collapse text-table" aria-label={label}>
      <thead>
        <tr className="text-caption text-ink-3">
          <th scope="col" className="h-8 pl-4 text-left font-medium">
            Baseline
          </th>
          <th scope="col" className="px-2 text-right font-medium">
            Score
          </th>
          <th scope="col" className="pr-4 text-right font-medium">
            {own}, in points
          </th>
        </tr>
      </thead>
      <tbody>
        {comparisons.map((comparison) => (
          <tr key={comparison.title} className="border-line border-t">
            <td className="py-2 pl-4 wrap-anywhere" title={comparison.title}>
              {shortTitle(comparison.title, namespace)}
            </td>
            <td className="num w-16 px-2 text-right text-ink-2">{accuracy(comparison.mean)}</td>
            <td className="num pr-4 text-right whitespace-nowrap" title={comparison.sentence}>
              <Difference comparison={comparison} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A ref in the study's own namespace goes without it. */
function shortTitle(title: string, namespace: string): string {
  return title.startsWith(`${namespace}/`) ? title.slice(namespace.length + 1) : title.replace(/^the /, "");
}

function Difference({ comparison: { difference, low, high } }: { comparison: Comparison }) {
  if (typeof low !== "number" || typeof high !== "number") return <span>{points(difference)}</span>;
  const tone = low > 0 ? "text-ok" : high < 0 ? "text-bad" : "text-ink-2";
  return (
    <span>
      <span className={`font-semibold ${tone}`}>{points(difference)}</span>{" "}
      <span className="text-ink-3">({pointsRange(low, high)})</span>
    </span>
  );
}

function emptyWords({ state, bestVersion }: Study): string {
  if (!isOver(state))
    return "When the search has ended, the best is scored beside its parents, their average and task arithmetic on data that was not searched.";
  if (bestVersion) return "The best has no score on every report split. Evaluate it from its page.";
  return "No trial was good enough to be compared.";
}
