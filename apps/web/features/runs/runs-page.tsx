import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Pager } from "../../components/pager.tsx";
import { StatusPill } from "../../components/pill.tsx";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { TimeAgo } from "../../components/time-ago.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { SegmentedLinks } from "../../components/ui/segmented.tsx";
import type { RunsQuery } from "../../gql/graphql.ts";
import { duration, plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { RefreshWhile } from "../versions/refresh-while.tsx";
import { runPath } from "../versions/version-path.ts";
import { type RunFilters, runFiltersPath, runKinds, runStates } from "./run-filters.ts";
import { RunsDocument } from "./run-fragments.ts";
import { RunGlyph } from "./run-glyph.tsx";
import { isEnded, kindWords, runDetail, runSeconds, timeLeft } from "./run-words.ts";

type Run = RunsQuery["runs"]["edges"][number]["node"];

const pageSize = 40;

export async function RunsPage({ filters }: { filters: RunFilters }) {
  const answer = await load(RunsDocument, { ...filters, first: pageSize });
  if (!answer.ok) {
    return (
      <>
        <PageHead title="Runs" />
        <LoadFailure failure={answer.failure} what="The list of runs" />
      </>
    );
  }
  const { runs } = answer.data;
  const rows = runs.edges.map(({ node }) => node);
  return (
    <>
      <PageHead title="Runs" aside={<span className="text-table text-ink-3">{plural(runs.totalCount, "run")}</span>}>
        <ButtonLink href="/merge" look="filled">
          New merge
        </ButtonLink>
      </PageHead>
      {rows.some((run) => !isEnded(run.state)) && <RefreshWhile />}
      <div className="scroll-x mb-3 flex gap-2">
        <SegmentedLinks
          label="Kind"
          value={filters.kind ?? ""}
          options={[
            { value: "", label: "All", href: runFiltersPath(filters, { kind: null }) },
            ...runKinds.map(({ value, label }) => ({ value, label, href: runFiltersPath(filters, { kind: value }) })),
          ]}
        />
        <SegmentedLinks
          label="State"
          value={filters.state ?? ""}
          options={[
            { value: "", label: "Any state", href: runFiltersPath(filters, { state: null }) },
            ...runStates.map(({ value, label }) => ({ value, label, href: runFiltersPath(filters, { state: value }) })),
          ]}
        />
      </div>
      <Card>
        <DataTable
          label="Runs"
          columns={columns}
          rows={rows}
          keyOf={(run) => run.id}
          hrefOf={(run) => runPath(run.id)}
          phone={(run) => <PhoneRow run={run} />}
          empty={
            filters.kind || filters.state ? (
              <EmptyState title="No run matches" action={<ButtonLink href="/runs">Clear filters</ButtonLink>} />
            ) : (
              <EmptyState title="No runs yet" action={<ButtonLink href="/merge">New merge</ButtonLink>}>
                Merges, evaluations and the verification of uploads show here, live.
              </EmptyState>
            )
          }
        />
        <Pager
          shown={plural(runs.totalCount, "run")}
          first={filters.after ? runFiltersPath(filters, { after: null }) : null}
          next={runs.pageInfo.hasNextPage ? runFiltersPath(filters, { after: runs.pageInfo.endCursor ?? null }) : null}
        />
      </Card>
    </>
  );
}

const columns: Column<Run>[] = [
  {
    key: "title",
    head: "Run",
    cell: (run) => (
      <span className="flex items-center gap-2.5">
        <RunGlyph kind={run.kind} />
        <span className="font-medium">{run.title}</span>
      </span>
    ),
  },
  { key: "kind", head: "Kind", isSecondary: true, cell: (run) => <span className="text-ink-2">{kindWords[run.kind]}</span> },
  { key: "state", head: "State", cell: (run) => <StatusPill state={run.state} /> },
  {
    key: "progress",
    head: "Progress",
    className: "w-[24%]",
    cell: (run) =>
      !isEnded(run.state) && (
        <span className="block">
          <span className="mb-1 flex justify-between text-caption text-ink-3">
            <span>{runDetail(run)}</span>
            <span>{timeLeft(run.secondsLeft)}</span>
          </span>
          <ProgressBar value={run.progress} label={`Progress of ${run.title}`} />
        </span>
      ),
  },
  { key: "took", head: "Took", align: "right", isSecondary: true, cell: (run) => <Took run={run} /> },
  {
    key: "age",
    head: "Asked",
    align: "right",
    cell: (run) => (
      <span className="text-ink-3">
        <TimeAgo iso={run.createdAt} />
      </span>
    ),
  },
];

function Took({ run }: { run: Run }) {
  const seconds = runSeconds(run);
  return seconds === null ? null : <span className="text-ink-2">{duration(seconds)}</span>;
}

function PhoneRow({ run }: { run: Run }) {
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-center gap-2.5 text-table">
        <RunGlyph kind={run.kind} />
        <span className="min-w-0 flex-1 truncate font-medium">{run.title}</span>
        <StatusPill state={run.state} />
      </div>
      <div className="num flex justify-between pl-[26px] text-caption text-ink-3">
        <span>{runDetail(run)}</span>
        <TimeAgo iso={run.createdAt} />
      </div>
      {!isEnded(run.state) && <ProgressBar value={run.progress} label={`Progress of ${run.title}`} className="ml-[26px]" />}
    </div>
  );
}
