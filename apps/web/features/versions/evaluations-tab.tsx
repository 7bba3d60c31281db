import Link from "next/link";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { IntervalBar } from "../../components/interval-bar.tsx";
import { Pill, StatusPill } from "../../components/pill.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { EvaluationRowFragment } from "../../gql/graphql.ts";
import { accuracy, duration, integer, interval } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { EvaluateButton } from "../evaluations/evaluate-button.tsx";
import { axisOf } from "../leaderboards/board.ts";
import { TabContent } from "./tab-content.tsx";
import { VersionEvaluationsDocument } from "./version-documents.ts";
import { runPath } from "./version-path.ts";

export async function EvaluationsTab({ versionRef }: { versionRef: string }) {
  const answer = await load(VersionEvaluationsDocument, { ref: versionRef });
  const suites = answer.ok ? answer.data.suites.edges.map(({ node }) => node) : [];
  return (
    <TabContent versionRef={versionRef} what="The evaluations" answer={answer}>
      {({ version }) => {
        const near = suites.find((suite) => suite.namespace === version.model.namespace) ?? suites[0];
        const button = near && (
          <EvaluateButton versionRef={version.ref} namespace={near.namespace} suite={near.name} title={near.title} />
        );
        return (
          <Card>
            <CardHead title="Evaluations" note="accuracy with its 95 % interval, by task and split">
              {version.evaluations.length > 0 && button}
            </CardHead>
            <DataTable
              label="Evaluations"
              columns={columns(version.evaluations)}
              rows={version.evaluations}
              keyOf={(evaluation) => evaluation.id}
              phone={(evaluation) => <PhoneRow evaluation={evaluation} />}
              empty={
                <EmptyState title="No evaluations yet" action={button}>
                  {near
                    ? `Evaluate on ${near.title} to see how good it is, with intervals.`
                    : "Register tasks and a suite first; the six-tasks example has both."}
                </EmptyState>
              }
            />
          </Card>
        );
      }}
    </TabContent>
  );
}

function columns(evaluations: readonly EvaluationRowFragment[]): Column<EvaluationRowFragment>[] {
  const axis = axisOf(evaluations);
  return [
    { key: "task", head: "Task", cell: (row) => <span className="font-medium">{row.task.title}</span> },
    { key: "split", head: "Split", cell: (row) => <Split evaluation={row} /> },
    { key: "value", head: "Accuracy", align: "right", cell: (row) => <Value evaluation={row} /> },
    {
      key: "plot",
      head: <span className="sr-only">Interval</span>,
      className: "w-[34%]",
      isSecondary: true,
      cell: (row) =>
        row.value !== null && (
          <IntervalBar axis={axis} value={row.value} low={row.low ?? row.value} high={row.high ?? row.value} />
        ),
    },
    { key: "n", head: "Items", align: "right", cell: (row) => row.n !== null && integer(row.n) },
    {
      key: "seconds",
      head: "Took",
      align: "right",
      cell: (row) => row.seconds !== null && <span className="text-ink-3">{duration(row.seconds)}</span>,
    },
    {
      key: "run",
      head: "Run",
      align: "right",
      cell: (row) =>
        row.run && (
          <Link href={runPath(row.run.id)} className="link text-ink-2">
            open
          </Link>
        ),
    },
  ];
}

function Split({ evaluation }: { evaluation: EvaluationRowFragment }) {
  return (
    <span className="flex items-center gap-2">
      <Pill>{evaluation.split.purpose.toLowerCase()} split</Pill>
      <span className="text-caption text-ink-3">{evaluation.split.name}</span>
    </span>
  );
}

function Value({ evaluation }: { evaluation: EvaluationRowFragment }) {
  if (evaluation.value === null) return <StatusPill state={evaluation.state} />;
  return (
    <span className="whitespace-nowrap">
      <b className="font-semibold">{accuracy(evaluation.value)}</b>{" "}
      {evaluation.low !== null && evaluation.high !== null && (
        <span className="text-caption text-ink-3">{interval(evaluation.value, evaluation.low, evaluation.high)}</span>
      )}
    </span>
  );
}

function PhoneRow({ evaluation }: { evaluation: EvaluationRowFragment }) {
  return (
    <div className="num flex flex-col gap-1.5 text-table">
      <div className="flex items-center justify-between">
        <span className="font-medium">{evaluation.task.title}</span>
        <Value evaluation={evaluation} />
      </div>
      <div className="flex items-center gap-3 text-caption text-ink-3">
        <Split evaluation={evaluation} />
        {evaluation.n !== null && <span>{integer(evaluation.n)} items</span>}
      </div>
    </div>
  );
}
