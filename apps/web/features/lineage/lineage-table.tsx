import Link from "next/link";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Digest } from "../../components/digest.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import type { VersionLineageQuery, VersionNameFragment } from "../../gql/graphql.ts";
import { coefficient, plural } from "../../lib/format.ts";
import { colourOf } from "../versions/mixture.ts";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";

type Version = NonNullable<VersionLineageQuery["version"]>;
interface Row {
  edge: Version["lineage"]["edges"][number];
  parent: VersionNameFragment;
  child: VersionNameFragment;
  fact: string;
}

const roles = { BASE: "base", PARENT: "parent", FINE_TUNED_FROM: "fine-tuned from" } as const;

/** The graph as rows: what a screen reader reads, and what can be copied. */
export function LineageTable({ version, facts }: { version: Version; facts: ReadonlyMap<string, string> }) {
  const byId = new Map(version.lineage.nodes.map((node) => [node.id, node]));
  const rows = version.lineage.edges.flatMap((edge): Row[] => {
    const parent = byId.get(edge.parent.id);
    const child = byId.get(edge.child.id);
    return parent && child ? [{ edge, parent, child, fact: facts.get(child.id) ?? "" }] : [];
  });
  return (
    <DataTable
      label="Lineage edges"
      columns={columns}
      rows={rows}
      keyOf={(row) => row.edge.id}
      rowHeight={38}
      phone={(row) => (
        <div className="flex items-center gap-2 text-table">
          <Name version={row.parent} />
          <span className="text-caption text-ink-3">{roles[row.edge.role]}</span>
          <span className="num ml-auto font-medium">
            {row.edge.coefficient === null ? "" : coefficient(row.edge.coefficient)}
          </span>
        </div>
      )}
      empty={null}
    />
  );
}

function Name({ version }: { version: VersionNameFragment }) {
  return (
    <Link href={versionPath(version)} className="link flex min-w-0 items-center gap-2">
      <KindGlyph kind={version.kind} {...(version.kind === "FINE_TUNED" ? { colour: colourOf(version) } : {})} />
      <VersionName version={version} />
    </Link>
  );
}

const columns: Column<Row>[] = [
  { key: "parent", head: "From", cell: (row) => <Name version={row.parent} /> },
  { key: "role", head: "Role", cell: (row) => <span className="text-ink-2">{roles[row.edge.role]}</span> },
  {
    key: "coefficient",
    head: "Coefficient",
    align: "right",
    cell: (row) => <span className="font-medium">{row.edge.coefficient === null ? "" : coefficient(row.edge.coefficient)}</span>,
  },
  { key: "child", head: "Into", cell: (row) => <Name version={row.child} />, className: "pl-8" },
  {
    key: "statistics",
    head: "Weighed by",
    isSecondary: true,
    cell: ({ edge, parent }) =>
      edge.statistics.length > 0 && (
        <Link href={versionPath(parent, "statistics")} className="link text-ink-2">
          {plural(edge.statistics.length, "statistic")}
        </Link>
      ),
  },
  { key: "fact", head: "Score", cell: (row) => <span className="text-ink-2">{row.fact}</span> },
  {
    key: "digest",
    head: "Parent's digest",
    align: "right",
    isSecondary: true,
    cell: (row) => <Digest value={row.edge.parentDigest} tight />,
  },
];
