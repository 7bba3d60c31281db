import { CommandLine } from "../../components/code-block.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Pager } from "../../components/pager.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { integer, plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { RefreshWhile } from "../versions/refresh-while.tsx";
import { TabContent } from "../versions/tab-content.tsx";
import { versionPath } from "../versions/version-path.ts";
import { MeasureButton } from "./measure-button.tsx";
import { StatisticPhoneRow, statisticColumns } from "./statistic-columns.tsx";
import { isMeasurable, taskChoice } from "./statistic-words.ts";
import { VersionStatisticsDocument } from "./statistics-documents.ts";

/** What has been measured of a version, and the way to have more measured. */
export async function StatisticsTab({ versionRef, after }: { versionRef: string; after: string | null }) {
  const answer = await load(VersionStatisticsDocument, { ref: versionRef, after });
  return (
    <TabContent versionRef={versionRef} what="The statistics" answer={answer}>
      {({ version, statistics, tasks }) => {
        const rows = statistics.edges.map(({ node }) => node);
        const usable = tasks.edges.map(({ node }) => node).filter(isMeasurable);
        const base = version.parents.find(({ role }) => role !== "PARENT")?.parent.ref ?? null;
        const own = usable.find(({ expert }) => expert?.id === version.id) ?? usable[0];
        const button = own && (
          <MeasureButton
            versionRef={version.ref}
            base={base}
            task={`${own.namespace}/${own.name}`}
            tasks={usable.map(taskChoice)}
          />
        );
        const { pageInfo, totalCount } = statistics;
        const here = versionPath(version, "statistics");
        return (
          <Card>
            {rows.some(({ state }) => state === "QUEUED" || state === "RUNNING") && <RefreshWhile />}
            <CardHead title="Statistics" note="measured once, used by merges that are driven by data">
              {rows.length > 0 && button}
            </CardHead>
            <DataTable
              label="Statistics"
              columns={statisticColumns}
              rows={rows}
              keyOf={({ id }) => id}
              phone={(row) => <StatisticPhoneRow row={row} />}
              empty={
                <EmptyState title="Nothing measured yet" action={button}>
                  {own ? (
                    <>
                      Fisher information says which parameters a task depends on; Gram matrices, what enters each layer. Merges by
                      Fisher information, RegMean and DF-Merge need them.
                      <CommandLine
                        command={`amalgam statistics fisher ${version.ref} --task ${own.namespace}/${own.name}`}
                        className="mt-3"
                      />
                    </>
                  ) : (
                    "Create a task with a search split first: statistics are measured on its examples, never on those of a report split."
                  )}
                </EmptyState>
              }
            />
            <Pager
              shown={`${integer(rows.length)} of ${plural(totalCount, "statistic")}`}
              first={after === null ? null : here}
              next={pageInfo.hasNextPage ? `${here}?after=${encodeURIComponent(pageInfo.endCursor ?? "")}` : null}
            />
          </Card>
        );
      }}
    </TabContent>
  );
}
