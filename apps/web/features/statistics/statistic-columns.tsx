import Link from "next/link";
import type { Column } from "../../components/data-table.tsx";
import { Digest } from "../../components/digest.tsx";
import { Icon } from "../../components/icon.tsx";
import { Pill, StatusPill } from "../../components/pill.tsx";
import type { StatisticRowFragment } from "../../gql/graphql.ts";
import { bytes, coefficient, duration, integer } from "../../lib/format.ts";
import { runPath } from "../versions/version-path.ts";
import { statisticName } from "./statistic-words.ts";

type Row = StatisticRowFragment;

export const statisticColumns: Column<Row>[] = [
  { key: "name", head: "Statistic", cell: (row) => <span className="font-medium">{statisticName(row)}</span> },
  { key: "data", head: "Measured on", cell: (row) => <Data row={row} /> },
  { key: "lambda", head: "λ", align: "right", cell: (row) => <Lambda row={row} /> },
  { key: "examples", head: "Examples", align: "right", cell: (row) => integer(row.examples) },
  { key: "seconds", head: "Took", align: "right", cell: (row) => <Cost row={row} /> },
  { key: "size", head: "Size", align: "right", cell: (row) => row.sizeBytes !== null && bytes(Number(row.sizeBytes)) },
  { key: "key", head: "Key", className: "pl-8", isSecondary: true, cell: (row) => <Digest value={row.key} /> },
  { key: "download", head: <span className="sr-only">Download</span>, align: "right", cell: (row) => <Download row={row} /> },
];

function Data({ row }: { row: Row }) {
  return (
    <span className="flex items-center gap-2">
      {row.split.task.title}
      <Pill>{row.split.purpose.toLowerCase()} split</Pill>
    </span>
  );
}

function Lambda({ row }: { row: Row }) {
  return (
    <span
      className="num"
      title={row.base ? `at base + ${row.lambda} · (version − base), base ${row.base.ref}` : "the version itself"}
    >
      {row.lambda === 1 ? "1" : coefficient(row.lambda)}
    </span>
  );
}

/** What it took; while it is being measured, the way to its run. */
function Cost({ row }: { row: Row }) {
  if (row.seconds !== null) return <span className="text-ink-3">{duration(row.seconds)}</span>;
  if (!row.run) return <StatusPill state={row.state} />;
  return (
    <Link href={runPath(row.run.id)} className="link inline-flex items-center gap-1.5">
      <StatusPill state={row.state} />
      {row.state === "RUNNING" && <span className="num text-caption">{Math.round(row.run.progress * 100)}&#8239;%</span>}
    </Link>
  );
}

function Download({ row }: { row: Row }) {
  if (row.downloadPath === null) return null;
  return (
    <a
      href={row.downloadPath}
      download
      aria-label={`Download ${statisticName(row)} at λ ${row.lambda}`}
      className="inline-grid size-8 place-items-center rounded-control text-ink-2 hover:bg-hover phone:size-11"
    >
      <Icon name="download" />
    </a>
  );
}

export function StatisticPhoneRow({ row }: { row: Row }) {
  return (
    <div className="flex items-center gap-2">
      <div className="num flex min-w-0 flex-1 flex-col gap-1.5 text-table">
        <div className="flex items-center justify-between gap-2">
          <span className="truncate font-medium">{statisticName(row)}</span>
          <Cost row={row} />
        </div>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-caption text-ink-3">
          <Data row={row} />
          <span>λ {row.lambda === 1 ? "1" : coefficient(row.lambda)}</span>
          <span>{integer(row.examples)} examples</span>
          {row.sizeBytes !== null && <span>{bytes(Number(row.sizeBytes))}</span>}
        </div>
      </div>
      <Download row={row} />
    </div>
  );
}
