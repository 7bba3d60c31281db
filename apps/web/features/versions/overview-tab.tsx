import Link from "next/link";
import { EmptyState } from "../../components/empty-state.tsx";
import { StrandCanvas } from "../../components/strands/strand-canvas.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import type { VersionOverviewQuery } from "../../gql/graphql.ts";
import { accuracy, interval } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { type Board, expertScores } from "../leaderboards/board.ts";
import { AgainstParents } from "./against-parents.tsx";
import { JudgementCard } from "./judgement-card.tsx";
import { loadBoardFor } from "./load-board.ts";
import { MadeOf } from "./made-of.tsx";
import { baseInput, mixtureInputs } from "./mixture-inputs.tsx";
import { ModelCard } from "./model-card.tsx";
import { TabContent } from "./tab-content.tsx";
import { UseIt } from "./use-it.tsx";
import { VersionOverviewDocument } from "./version-documents.ts";
import { VersionName } from "./version-name.tsx";
import { versionPath } from "./version-path.ts";

export type OverviewVersion = NonNullable<VersionOverviewQuery["version"]>;

const columns = "grid grid-cols-[minmax(0,1fr)_336px] gap-3.5 narrow:grid-cols-1";

export async function OverviewTab({ versionRef }: { versionRef: string }) {
  const answer = await load(VersionOverviewDocument, { ref: versionRef });
  const version = answer.ok ? answer.data.version : null;
  const suites = answer.ok ? answer.data.suites.edges.map(({ node }) => node) : [];
  const board = version && suites.length > 0 ? await loadBoardFor(suites, version.model.namespace, version.evaluations) : null;
  return (
    <TabContent versionRef={versionRef} what="This version" answer={answer}>
      {({ version }) => (
        <div className="flex flex-col gap-3.5">
          <div className={columns}>
            <Origin version={version} board={board} />
            <MadeOf version={version} />
          </div>
          {version.state === "READY" && (
            <div className={columns}>
              <AgainstParents version={version} board={board} />
              <UseIt version={version} />
            </div>
          )}
          {version.kind === "MERGED" && version.state !== "REJECTED" && <JudgementCard versionRef={version.ref} />}
          {version.card && (
            <Card>
              <CardHead title="Card" />
              <ModelCard text={version.card} />
            </Card>
          )}
        </div>
      )}
    </TabContent>
  );
}

/** The strands of a merge; for everything else the one line it came by, and what was made of it. */
function Origin({ version, board }: { version: OverviewVersion; board: Board | null }) {
  const inputs = mixtureInputs(version.parents, expertScores(board));
  const base = baseInput(version.parents);
  const name = `${version.model.name} v${version.number}`;
  if (inputs.length === 0 && !base) {
    return (
      <Card>
        <CardHead title="Made from it" />
        <Children version={version} />
      </Card>
    );
  }
  return (
    <Card className="flex flex-col overflow-hidden">
      <CardHead
        title={inputs.length > 0 ? "Strands" : "Fine-tuned from"}
        note={
          <span className="phone:hidden">
            {inputs.length === 0
              ? ""
              : inputs.some(({ coefficient }) => coefficient !== null)
                ? "width is the coefficient, a hollow strand is subtracted"
                : "no coefficients, equal widths"}
          </span>
        }
      >
        <ButtonLink look="quiet" href={versionPath(version, "lineage")}>
          Lineage
        </ButtonLink>
      </CardHead>
      <div className="my-auto pr-5 pb-3 phone:pr-3">
        <StrandCanvas
          inputs={inputs}
          base={base}
          resultLabel={name}
          result={<Result version={version} board={board} />}
          pitch={42}
          minRows={inputs.length > 0 ? 3 : 2}
        />
      </div>
      {version.children.totalCount > 0 && (
        <div className="border-line border-t">
          <Children version={version} />
        </div>
      )}
    </Card>
  );
}

function Result({ version, board }: { version: OverviewVersion; board: Board | null }) {
  const row = board?.rows.find((candidate) => candidate.version?.id === version.id && candidate.reference === null);
  return (
    <div className="max-w-[150px] phone:max-w-[92px]">
      <p className="text-section font-semibold wrap-anywhere phone:text-table">
        {version.model.name} <span className="font-normal text-ink-3">v{version.number}</span>
      </p>
      {row?.mean != null && (
        <p className="num text-[12.5px] text-ink-2">
          {accuracy(row.mean)} {interval(row.mean, row.low ?? row.mean, row.high ?? row.mean)}
        </p>
      )}
    </div>
  );
}

function Children({ version }: { version: OverviewVersion }) {
  const { edges, totalCount } = version.children;
  if (edges.length === 0) {
    return (
      <EmptyState title="Nothing was made from it yet">Fine-tunes, task vectors and merges of this version show here.</EmptyState>
    );
  }
  return (
    <ul className="flex flex-wrap gap-x-6 gap-y-1 px-4 py-3 text-table">
      <li className="text-ink-3">Made from it</li>
      {edges.map(({ node }) => (
        <li key={node.id}>
          <Link href={versionPath(node.child)} className="link">
            <VersionName version={node.child} />
          </Link>
        </li>
      ))}
      {totalCount > edges.length && (
        <li>
          <Link href={versionPath(version, "lineage")} className="link text-ink-3">
            and {totalCount - edges.length} more
          </Link>
        </li>
      )}
    </ul>
  );
}
