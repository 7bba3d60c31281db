import Link from "next/link";
import type { ReactNode } from "react";
import { CopyLinkButton } from "../../components/copy-button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Icon } from "../../components/icon.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Card } from "../../components/ui/card.tsx";
import type { CompareGroupQuery } from "../../gql/graphql.ts";
import { plural } from "../../lib/format.ts";
import { suitePath } from "../leaderboards/suites-page.tsx";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";
import { differenceRange, differenceText, winnerOf } from "./comparison.ts";
import { GroupTable } from "./group-table.tsx";

export type Group = Extract<CompareGroupQuery["compareGroup"], { __typename: "GroupComparison" }>;

/** Three to six versions, each against the first. */
export function ComparedGroup({ group, form }: { group: Group; form: ReactNode }) {
  const { members, suite, tasks, purpose } = group;
  const [first, ...others] = members;
  if (!first) return null;
  const hasScores = tasks.some(({ cells }) => cells.some(({ score }) => score !== null));
  return (
    <>
      <PageHead
        title={`${plural(members.length, "version")} compared`}
        facts={
          <p>
            <Link href={suitePath(suite)} className="text-ink-2 underline decoration-line-2 underline-offset-3">
              {suite.title}
            </Link>
            , {purpose.toLowerCase()} split, {plural(tasks.length, "task")}. Each against {first.version.model.name} v
            {first.version.number}, over the same items.
          </p>
        }
      >
        <CopyLinkButton className="phone:hidden" />
      </PageHead>
      {form}
      {hasScores ? (
        <>
          <ul
            aria-label="Verdict"
            className="mb-3.5 grid grid-cols-[repeat(auto-fit,minmax(210px,1fr))] overflow-hidden rounded-card border border-line bg-surface phone:grid-cols-1"
          >
            {others.map((member) => (
              <Lead key={member.version.id} member={member} group={group} />
            ))}
          </ul>
          <GroupTable group={group} />
          <Marked group={group} />
        </>
      ) : (
        <Card>
          <EmptyState title="None of them is evaluated here">Evaluate them on {suite.title} to see how they differ.</EmptyState>
        </Card>
      )}
    </>
  );
}

const words = {
  first: "ahead of",
  second: "behind",
  neither: "cannot be told apart from",
  unknown: "uncertainty not known, against",
};

function Lead({ member, group }: { member: Group["members"][number]; group: Group }) {
  const { overFirst, sharedTasks, version } = member;
  const first = group.members[0]?.version;
  const range = overFirst && differenceRange(overFirst, group.unit);
  return (
    <li className="-mt-px -ml-px border-line border-t border-l px-[18px] py-3 phone:px-3.5 phone:py-2.5">
      <p className="flex min-w-0 text-caption text-ink-3">
        <Link href={versionPath(version)} className="link flex min-w-0">
          <VersionName version={version} />
        </Link>
      </p>
      <p className="num mt-0.5 text-[20px] leading-7 font-semibold tracking-[-0.022em] phone:text-[17px] phone:leading-6">
        {overFirst ? differenceText(overFirst, group.unit) : "No mean"}{" "}
        <span className="text-table font-normal text-ink-3">{range && `(${range})`}</span>
      </p>
      <p className="text-caption text-ink-2">
        {overFirst && first
          ? `${words[winnerOf(overFirst)]} ${first.model.name} v${first.number}`
          : sharedTasks === 0
            ? "no task in common"
            : "tasks have different units"}
        {sharedTasks > 0 && sharedTasks < group.tasks.length && `, on ${sharedTasks} of ${plural(group.tasks.length, "task")}`}
      </p>
    </li>
  );
}

/** Scores that flatter, and why. */
function Marked({ group }: { group: Group }) {
  const marked = group.members.filter(({ tunedOnReasons }) => tunedOnReasons.length > 0);
  if (marked.length === 0) return null;
  return (
    <ul className="mt-3 space-y-1 px-0.5 text-caption text-ink-2">
      {marked.map(({ version, tunedOnReasons }) => (
        <li key={version.id} className="flex gap-1.5">
          <Icon name="warn" className="mt-0.5 size-3.5 flex-none text-warn" />
          <span>
            {version.model.name} v{version.number}: {tunedOnReasons.map(({ sentence }) => sentence).join(" ")} Its scores here
            flatter it.
          </span>
        </li>
      ))}
    </ul>
  );
}
