import { CommandLine } from "../../components/code-block.tsx";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Pill } from "../../components/pill.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import type { HomeQuery } from "../../gql/graphql.ts";
import { plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { type Board, bestMerge } from "../leaderboards/board.ts";
import { LeaderboardDocument } from "../leaderboards/leaderboard-document.ts";
import { RegisterButton } from "../models/register-button.tsx";
import { FirstRun } from "./first-run.tsx";
import { Hero } from "./hero.tsx";
import { BestMergeDocument, HomeDocument } from "./home-document.ts";
import { NewVersions, RunningRuns, TopOfBoard } from "./home-lists.tsx";

export async function HomePage() {
  const home = await load(HomeDocument, {});
  if (!home.ok) {
    return (
      <>
        <PageHead title="Home" />
        <LoadFailure failure={home.failure} what="Your models and runs" />
      </>
    );
  }
  const board = await loadBoard(home.data);
  const { viewer, merged } = home.data;
  const namespace = home.data.suites.edges[0]?.node.namespace ?? viewer.namespaces[0] ?? "Home";
  const newest = merged.edges[0]?.node;
  const row = board ? bestMerge(board) : undefined;
  const best = (row && (await loadVersion(row.title))) ?? newest;
  return (
    <>
      <PageHead title={namespace} aside={viewer.counts.models > 0 && <Pill>{plural(viewer.counts.models, "model")}</Pill>}>
        <RegisterButton namespace={namespace} className="phone:hidden" />
        <ButtonLink href="/merge" look={viewer.counts.versions > 0 ? "filled" : "plain"}>
          <Icon name="plus" />
          New merge
        </ButtonLink>
      </PageHead>
      {best ? (
        <Hero version={best} row={row?.version?.id === best.id ? row : null} board={board} />
      ) : (
        <FirstRun hasVersions={viewer.counts.versions > 0} />
      )}
      <div className="mt-3.5 grid grid-cols-[minmax(0,1fr)_minmax(0,1.12fr)_minmax(0,1fr)] gap-3.5 narrow:grid-cols-2 phone:grid-cols-1">
        <RunningRuns data={home.data} />
        <NewVersions data={home.data} />
        <TopOfBoard board={board} />
      </div>
      {best && <Commands namespace={namespace} suite={board?.suite.name ?? null} />}
    </>
  );
}

async function loadBoard(home: HomeQuery): Promise<Board | null> {
  const suite = home.suites.edges[0]?.node;
  if (!suite) return null;
  const answer = await load(LeaderboardDocument, { namespace: suite.namespace, suite: suite.name, first: 20 });
  return answer.ok ? (answer.data.leaderboard ?? null) : null;
}

async function loadVersion(ref: string) {
  const answer = await load(BestMergeDocument, { ref });
  return answer.ok ? (answer.data.version ?? undefined) : undefined;
}

function Commands({ namespace, suite }: { namespace: string; suite: string | null }) {
  const commands = [
    {
      glyph: <KindGlyph kind="BASE" />,
      title: "Register a folder",
      command: `amalgam push ./my-model --as ${namespace}/my-model`,
    },
    { glyph: <KindGlyph kind="MERGED" />, title: "Merge on this machine", command: "amalgam merge recipe.yaml ./out" },
    {
      glyph: <Icon name="board" />,
      title: "Read the leaderboard",
      command: `amalgam leaderboard ${namespace}/${suite ?? "suite"}`,
    },
  ];
  return (
    <section
      aria-label="On the command line"
      className="mt-3.5 grid grid-cols-[minmax(0,1fr)_minmax(0,1.12fr)_minmax(0,1fr)] gap-3.5 narrow:grid-cols-1 phone:hidden"
    >
      {commands.map(({ glyph, title, command }) => (
        <div key={title} className="min-w-0 rounded-card border border-line bg-surface px-4 pt-3 pb-3.5">
          <h2 className="mb-2 flex items-center gap-2 text-table">
            {glyph}
            {title}
          </h2>
          <CommandLine command={command} />
        </div>
      ))}
    </section>
  );
}
