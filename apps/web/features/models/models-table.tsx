import { type Column, DataTable } from "../../components/data-table.tsx";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { AliasPill, StatusPill } from "../../components/pill.tsx";
import { TimeAgo } from "../../components/time-ago.tsx";
import type { ModelsQuery } from "../../gql/graphql.ts";
import { bytes, integer, parameters } from "../../lib/format.ts";
import { colourOf } from "../versions/mixture.ts";
import { VersionMixture } from "../versions/version-mixture.tsx";
import { modelPath, versionPath } from "../versions/version-path.ts";

export type ModelRow = ModelsQuery["models"]["edges"][number]["node"];

export function ModelsTable({ rows, showNamespace }: { rows: ModelRow[]; showNamespace: boolean }) {
  return (
    <DataTable
      label="Models"
      columns={columns(showNamespace)}
      rows={rows}
      keyOf={(row) => row.id}
      hrefOf={(row) => (row.latest ? versionPath(row.latest) : modelPath(row))}
      phone={(row) => <PhoneRow row={row} />}
      empty={null}
    />
  );
}

function columns(showNamespace: boolean): Column<ModelRow>[] {
  return [
    { key: "name", head: "Model", cell: (row) => <Name row={row} showNamespace={showNamespace} /> },
    {
      key: "mixture",
      head: "Mixture",
      cell: (row) => row.latest && <VersionMixture version={row.latest} className="w-[112px]" />,
    },
    {
      key: "parameters",
      head: "Parameters",
      align: "right",
      cell: (row) => row.latest && <Parameters count={row.latest.parameterCount} />,
    },
    {
      key: "size",
      head: "Size",
      align: "right",
      isSecondary: true,
      cell: (row) => row.latest && bytes(Number(row.latest.sizeBytes)),
    },
    { key: "dtype", head: "Type", isSecondary: true, cell: (row) => row.latest?.dtype },
    {
      key: "licence",
      head: "Licence",
      isSecondary: true,
      cell: (row) => <span className="text-ink-2">{row.latest?.licence}</span>,
    },
    { key: "aliases", head: "Aliases", cell: (row) => row.latest && <Aliases aliases={row.latest.aliases} /> },
    {
      key: "age",
      head: "Updated",
      align: "right",
      cell: (row) => (
        <span className="text-ink-3">
          <TimeAgo iso={row.latest?.createdAt ?? row.createdAt} />
        </span>
      ),
    },
  ];
}

function Name({ row, showNamespace }: { row: ModelRow; showNamespace: boolean }) {
  const { latest } = row;
  return (
    <span className="flex items-center gap-2.5">
      {latest ? (
        <KindGlyph kind={latest.kind} {...(latest.kind === "FINE_TUNED" ? { colour: colourOf(latest) } : {})} />
      ) : (
        <Icon name="box" />
      )}
      <span className="truncate">
        {showNamespace && <span className="text-ink-3">{row.namespace} / </span>}
        <span className="font-medium">{row.name}</span> {latest && <span className="text-ink-3">v{latest.number}</span>}
      </span>
      {latest && latest.state !== "READY" && <StatusPill state={latest.state} />}
      {row.versions.totalCount > 1 && <span className="num text-caption text-ink-3">{row.versions.totalCount} versions</span>}
    </span>
  );
}

function Parameters({ count }: { count: string }) {
  return Number(count) > 0 ? <span title={integer(Number(count))}>{parameters(Number(count))}</span> : null;
}

/** "latest" is on every newest version and says nothing in a list of newest versions. */
function Aliases({ aliases }: { aliases: string[] }) {
  return (
    <span className="flex gap-1">
      {aliases
        .filter((alias) => alias !== "latest")
        .map((alias) => (
          <AliasPill key={alias} alias={alias} />
        ))}
    </span>
  );
}

function PhoneRow({ row }: { row: ModelRow }) {
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center justify-between gap-2 text-table">
        <Name row={row} showNamespace={false} />
        <span className="flex-none text-caption text-ink-3">
          <TimeAgo iso={row.latest?.createdAt ?? row.createdAt} />
        </span>
      </div>
      {row.latest && (
        <div className="num flex items-center gap-3 pl-[26px] text-caption text-ink-3">
          <VersionMixture version={row.latest} className="w-[112px]" />
          <span>{bytes(Number(row.latest.sizeBytes))}</span>
          <span>{row.latest.dtype}</span>
          <Aliases aliases={row.latest.aliases} />
        </div>
      )}
    </div>
  );
}
