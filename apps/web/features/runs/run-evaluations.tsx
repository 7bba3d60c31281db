import { StatusPill } from "../../components/pill.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { RunDetailFragment } from "../../gql/graphql.ts";
import { accuracy, integer, interval } from "../../lib/format.ts";
import { VersionName } from "../versions/version-name.tsx";

/** Scores as they arrive. */
export function RunEvaluations({ evaluations }: { evaluations: RunDetailFragment["evaluations"] }) {
  return (
    <Card>
      <CardHead title="Scores" note="as they arrive" />
      <table className="w-full text-table">
        <caption className="sr-only">Scores of this run</caption>
        <tbody>
          {evaluations.map((evaluation) => (
            <tr key={evaluation.id} className="border-line border-t">
              <th scope="row" className="h-10 pl-4 text-left font-normal">
                {evaluation.task.title}{" "}
                <span className="text-caption text-ink-3">{evaluation.split.purpose.toLowerCase()} split</span>
              </th>
              <td className="px-2 phone:hidden">
                <VersionName version={evaluation.version} />
              </td>
              <td className="w-24 text-right text-caption text-ink-3">
                {evaluation.n !== null && `n = ${integer(evaluation.n)}`}
              </td>
              <td className="w-40 pr-4 text-right whitespace-nowrap">
                {evaluation.value === null ? (
                  <StatusPill state={evaluation.state} />
                ) : (
                  <>
                    <b className="font-semibold">{accuracy(evaluation.value)}</b>{" "}
                    <span className="text-caption text-ink-3">
                      {evaluation.low !== null &&
                        evaluation.high !== null &&
                        interval(evaluation.value, evaluation.low, evaluation.high)}
                    </span>
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
