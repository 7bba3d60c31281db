import Link from "next/link";
import { EmptyState } from "../../components/empty-state.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { StrandCanvas } from "../../components/strands/strand-canvas.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { VersionLineageQuery } from "../../gql/graphql.ts";
import { load } from "../../lib/load.ts";
import { loadBoardFor } from "../versions/load-board.ts";
import { baseInput, mixtureInputs } from "../versions/mixture-inputs.tsx";
import { TabContent } from "../versions/tab-content.tsx";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";
import { toDag } from "./dag.ts";
import { factsOf } from "./facts.ts";
import { layoutDag } from "./layout.ts";
import { LineageDocument } from "./lineage-document.ts";
import { LineageTable } from "./lineage-table.tsx";
import { LineageViews } from "./lineage-views.tsx";

type Version = NonNullable<VersionLineageQuery["version"]>;

export async function LineageTab({ versionRef }: { versionRef: string }) {
  const answer = await load(LineageDocument, { ref: versionRef });
  const version = answer.ok ? answer.data.version : null;
  const suites = answer.ok ? answer.data.suites.edges.map(({ node }) => node) : [];
  const board = version && suites.length > 0 ? await loadBoardFor(suites, version.model.namespace, []) : null;
  const facts = factsOf(board);
  const dag = version ? toDag(version.lineage, version.id, facts) : null;
  const placed = dag ? await layoutDag(dag) : null;
  return (
    <TabContent versionRef={versionRef} what="The lineage" answer={answer}>
      {({ version }) =>
        !dag || !placed || version.lineage.edges.length === 0 ? (
          <Card>
            <EmptyState title="No lineage yet">
              This version names no parent, and nothing was made from it. Register a fine-tune with{" "}
              <code>--base {version.ref}</code>, or merge it.
            </EmptyState>
          </Card>
        ) : (
          <>
            <PhoneLineage version={version} facts={facts} />
            <LineageViews
              dag={dag}
              placed={placed}
              truncated={version.lineage.truncated}
              label={`Lineage of ${version.ref}: ${version.lineage.nodes.length} versions and ${version.lineage.edges.length} edges`}
              table={<LineageTable version={version} facts={facts} />}
            />
          </>
        )
      }
    </TabContent>
  );
}

/** On a phone: the parents as strands, what came after as a list. */
function PhoneLineage({ version, facts }: { version: Version; facts: ReadonlyMap<string, string> }) {
  const inputs = mixtureInputs(version.parents);
  const base = baseInput(version.parents);
  const childIds = new Set(version.lineage.edges.filter((edge) => edge.parent.id === version.id).map((edge) => edge.child.id));
  const children = version.lineage.nodes.filter((node) => childIds.has(node.id));
  return (
    <Card className="mb-3.5 desk:hidden">
      <CardHead title="Parents and children" />
      {(inputs.length > 0 || base) && (
        <div className="pr-3 pb-3">
          <StrandCanvas
            inputs={inputs}
            base={base}
            resultLabel={version.ref}
            pitch={37}
            minRows={2}
            result={
              <div className="max-w-[96px] text-table">
                <p className="font-semibold wrap-anywhere">
                  {version.model.name} <span className="font-normal text-ink-3">v{version.number}</span>
                </p>
                <p className="num text-caption text-ink-2">{facts.get(version.id)}</p>
              </div>
            }
          />
        </div>
      )}
      <ul className="border-line border-t px-4 py-1.5">
        {children.map((child) => (
          <li key={child.id}>
            <Link href={versionPath(child)} className="flex min-h-11 items-center gap-2.5 text-table">
              <KindGlyph kind={child.kind} />
              <VersionName version={child} />
              <span className="num ml-auto text-caption text-ink-3">{facts.get(child.id)}</span>
            </Link>
          </li>
        ))}
        {children.length === 0 && <li className="py-2 text-table text-ink-3">Nothing was made from it yet.</li>}
      </ul>
    </Card>
  );
}
