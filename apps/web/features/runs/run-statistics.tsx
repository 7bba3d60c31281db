import { DataTable } from "../../components/data-table.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { RunDetailFragment } from "../../gql/graphql.ts";
import { StatisticPhoneRow, statisticColumns } from "../statistics/statistic-columns.tsx";

/** What a run measures or uses, each with its file as soon as it is there. */
export function RunStatistics({ statistics, note }: { statistics: RunDetailFragment["statistics"]; note: string }) {
  return (
    <Card>
      <CardHead title="Statistics" note={note} />
      <DataTable
        label="Statistics of this run"
        columns={statisticColumns}
        rows={statistics}
        keyOf={({ id }) => id}
        phone={(row) => <StatisticPhoneRow row={row} />}
        empty={null}
      />
    </Card>
  );
}
