import { redirect } from "next/navigation";
import { CommandLine } from "../../components/code-block.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Card } from "../../components/ui/card.tsx";
import type { SuitesQuery } from "../../gql/graphql.ts";
import { graphql } from "../../gql/index.ts";
import { plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";

const SuitesDocument = graphql(`
  query Suites {
    suites(first: 50) { totalCount edges { node { id namespace name title tasks { id title } } } }
  }
`);

type Suite = SuitesQuery["suites"]["edges"][number]["node"];

export const suitePath = (suite: { namespace: string; name: string }) =>
  `/leaderboards/${encodeURIComponent(suite.namespace)}/${encodeURIComponent(suite.name)}`;

/** One suite: straight to its leaderboard. More: a list. */
export async function SuitesPage() {
  const answer = await load(SuitesDocument, {});
  if (!answer.ok) {
    return (
      <>
        <PageHead title="Leaderboards" />
        <LoadFailure failure={answer.failure} what="The list of suites" />
      </>
    );
  }
  const suites = answer.data.suites.edges.map(({ node }) => node);
  const only = suites.length === 1 ? suites[0] : undefined;
  if (only) redirect(suitePath(only));
  return (
    <>
      <PageHead title="Leaderboards" />
      <Card>
        <DataTable
          label="Suites"
          columns={columns}
          rows={suites}
          keyOf={(suite) => suite.id}
          hrefOf={suitePath}
          phone={(suite) => (
            <div className="flex items-center justify-between text-table">
              <span className="font-medium">{suite.title}</span>
              <span className="text-ink-3">{plural(suite.tasks.length, "task")}</span>
            </div>
          )}
          empty={
            <EmptyState title="No suites yet">
              <p>A suite is a set of tasks that merges are measured on. The six-tasks example brings one:</p>
              <CommandLine command="npm run demo" className="mx-auto mt-3 w-[260px]" />
            </EmptyState>
          }
        />
      </Card>
    </>
  );
}

const columns: Column<Suite>[] = [
  { key: "title", head: "Suite", cell: (suite) => <span className="font-medium">{suite.title}</span> },
  { key: "name", head: "Name", cell: (suite) => <span className="text-ink-3">{`${suite.namespace}/${suite.name}`}</span> },
  {
    key: "tasks",
    head: "Tasks",
    cell: (suite) => <span className="text-ink-2">{suite.tasks.map((task) => task.title).join(", ")}</span>,
  },
];
