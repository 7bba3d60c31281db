import { CommandLine } from "../../components/code-block.tsx";
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
import type { StudiesQuery } from "../../gql/graphql.ts";
import { accuracy, plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { RefreshWhile } from "../versions/refresh-while.tsx";
import { StudiesDocument } from "./study-documents.ts";
import { isOver, pillState, progressWords, studyPath } from "./study-words.ts";

type Study = StudiesQuery["studies"]["edges"][number]["node"];

const pageSize = 40;

export async function StudiesPage({ after }: { after: string | null }) {
  const answer = await load(StudiesDocument, { first: pageSize, after });
  if (!answer.ok) {
    return (
      <>
        <PageHead title="Studies" />
        <LoadFailure failure={answer.failure} what="The list of studies" />
      </>
    );
  }
  const { studies } = answer.data;
  const rows = studies.edges.map(({ node }) => node);
  return (
    <>
      <PageHead
        title="Studies"
        aside={<span className="text-table text-ink-3">{plural(studies.totalCount, "study", "studies")}</span>}
      >
        <ButtonLink href="/studies/new" look="filled">
          New study
        </ButtonLink>
      </PageHead>
      {rows.some(({ state }) => !isOver(state)) && <RefreshWhile />}
      <Card>
        <DataTable
          label="Studies"
          columns={columns}
          rows={rows}
          keyOf={(study) => study.id}
          hrefOf={studyPath}
          phone={(study) => <PhoneRow study={study} />}
          empty={
            <EmptyState title="No studies yet">
              <p>
                A study searches for the numbers of a merge that score best, and says what they are worth. Start one from the
                form, or from a recipe:
              </p>
              <CommandLine
                command="amalgam tune recipe.yaml --as acme/tuned --suite acme/suite"
                className="mx-auto mt-3 max-w-[430px]"
              />
            </EmptyState>
          }
        />
        <Pager
          shown={plural(studies.totalCount, "study", "studies")}
          first={after ? "/studies" : null}
          next={studies.pageInfo.hasNextPage ? `/studies?after=${encodeURIComponent(studies.pageInfo.endCursor ?? "")}` : null}
        />
      </Card>
    </>
  );
}

const columns: Column<Study>[] = [
  {
    key: "name",
    head: "Study",
    cell: (study) => (
      <span className="block">
        <span className="font-medium">{study.name}</span> <span className="text-ink-3">{study.namespace}</span>
      </span>
    ),
  },
  { key: "method", head: "Method", isSecondary: true, cell: (study) => <span className="text-ink-2">{study.method}</span> },
  {
    key: "of",
    head: "Of",
    isSecondary: true,
    cell: ({ parents, tasks }) => (
      <span className="text-ink-2">
        {plural(parents.filter(({ role }) => role === "PARENT").length, "parent")} on {plural(tasks.length, "task")}
      </span>
    ),
  },
  { key: "state", head: "State", cell: (study) => <StatusPill state={pillState(study)} /> },
  {
    key: "progress",
    head: "Trials",
    className: "w-[26%]",
    cell: (study) => (
      <span className="block">
        <span className="num block text-caption text-ink-3">{progressWords(study)}</span>
        {!isOver(study.state) && (
          <ProgressBar value={study.trialCount / study.budget} label={`Trials of ${study.name}`} className="mt-1" />
        )}
      </span>
    ),
  },
  {
    key: "best",
    head: "Best",
    align: "right",
    cell: ({ best }) => <span className="num font-semibold">{typeof best?.value === "number" ? accuracy(best.value) : ""}</span>,
  },
  {
    key: "age",
    head: "Asked",
    align: "right",
    cell: (study) => (
      <span className="text-ink-3">
        <TimeAgo iso={study.createdAt} />
      </span>
    ),
  },
];

function PhoneRow({ study }: { study: Study }) {
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-center gap-2.5 text-table">
        <span className="min-w-0 flex-1 truncate font-medium">{study.name}</span>
        {typeof study.best?.value === "number" && <span className="num font-semibold">{accuracy(study.best.value)}</span>}
        <StatusPill state={pillState(study)} />
      </div>
      <div className="num flex justify-between gap-3 text-caption text-ink-3">
        <span className="min-w-0">{progressWords(study)}</span>
        <span className="flex-none">
          <TimeAgo iso={study.createdAt} />
        </span>
      </div>
      {!isOver(study.state) && <ProgressBar value={study.trialCount / study.budget} label={`Trials of ${study.name}`} />}
    </div>
  );
}
