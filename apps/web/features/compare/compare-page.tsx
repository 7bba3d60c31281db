import Link from "next/link";
import { CopyLinkButton } from "../../components/copy-button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LoadFailure } from "../../components/load-failure.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { plural } from "../../lib/format.ts";
import { load } from "../../lib/load.ts";
import { suitePath } from "../leaderboards/suites-page.tsx";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";
import { CompareChoicesDocument, CompareDocument, CompareGroupDocument, CompareSuitesDocument } from "./compare-documents.ts";
import { CompareForm } from "./compare-form.tsx";
import { ComparedGroup } from "./compared-group.tsx";
import { type Choice, type Comparison, differenceRange, differenceText, disagreementText, winnerOf } from "./comparison.ts";
import { ComparisonTable } from "./comparison-table.tsx";

/** Two to six versions on the same items. What is not chosen yet is asked for; without a suite the first one is taken. */
export async function ComparePage({ choice: asked }: { choice: Choice }) {
  const known = await load(CompareSuitesDocument, {});
  if (!known.ok) return <Away failure={known.failure} />;
  const suites = known.data.suites.edges.map(({ node }) => node);
  const suite = asked.suite ?? suites[0] ?? null;
  if (!suite)
    return (
      <>
        <PageHead title="Compare" />
        <Card>
          <EmptyState title="No suites yet" action={<ButtonLink href="/leaderboards">Leaderboards</ButtonLink>}>
            Versions are compared on the tasks of a suite. The six-tasks example brings one.
          </EmptyState>
        </Card>
      </>
    );
  const choice: Choice = { ...asked, suite };
  const where = { namespace: suite.namespace, suite: suite.name, purpose: choice.purpose };
  const [first, second, ...others] = choice.refs;
  const [choices, answer, group] = await Promise.all([
    load(CompareChoicesDocument, where),
    first && second && others.length === 0 ? load(CompareDocument, { first, second, ...where }) : null,
    others.length > 0 ? load(CompareGroupDocument, { versions: [...choice.refs], ...where }) : null,
  ]);
  if (!choices.ok) return <Away failure={choices.failure} />;
  const refs = choices.data.leaderboard?.rows.flatMap(({ version }) => version?.ref ?? []) ?? [];
  const form = <CompareForm choice={choice} refs={refs} suites={suites} />;
  if (answer && !answer.ok) return <Away failure={answer.failure} />;
  if (group && !group.ok) return <Away failure={group.failure} />;
  const several = group?.data.compareGroup;
  if (several?.__typename === "GroupComparison") return <ComparedGroup group={several} form={form} />;
  const comparison = answer?.data.compareVersions ?? several;
  if (comparison?.__typename === "Comparison") return <Compared comparison={comparison} form={form} />;
  return (
    <>
      <PageHead title="Compare" />
      {form}
      <Card>
        {comparison ? (
          <EmptyState title="These cannot be compared">{comparison.faults.map(({ message }) => message).join(" ")}</EmptyState>
        ) : refs.length < 2 ? (
          <EmptyState
            title="Fewer than two versions are evaluated on this suite"
            action={<ButtonLink href="/models">Models</ButtonLink>}
          >
            Open a version and evaluate it; then it can be chosen here.
          </EmptyState>
        ) : (
          <EmptyState title="Choose two versions">
            Their scores on each task show here, with the paired difference. Up to four more can be set beside them.
          </EmptyState>
        )}
      </Card>
    </>
  );
}

function Away({ failure }: { failure: Parameters<typeof LoadFailure>[0]["failure"] }) {
  return (
    <>
      <PageHead title="Compare" />
      <LoadFailure failure={failure} what="The comparison" />
    </>
  );
}

function Compared({ comparison, form }: { comparison: Comparison; form: React.ReactNode }) {
  const { first, second, suite, tasks, purpose } = comparison;
  const both = tasks.filter(({ difference }) => difference !== null).length;
  const name = (version: Comparison["first"]) => (
    <Link href={versionPath(version)} className="link">
      <VersionName version={version} />
    </Link>
  );
  return (
    <>
      <PageHead
        title={
          <>
            {name(first)} <span className="font-normal text-ink-3">and</span> {name(second)}
          </>
        }
        facts={
          <p>
            <Link href={suitePath(suite)} className="text-ink-2 underline decoration-line-2 underline-offset-3">
              {suite.title}
            </Link>
            , {purpose.toLowerCase()} split, {plural(tasks.length, "task")}
            {both < tasks.length && `, ${both} with scores of both`}
          </p>
        }
      >
        <CopyLinkButton className="phone:hidden" />
      </PageHead>
      {form}
      {both === 0 ? (
        <Card>
          <EmptyState title="No task has scores of both">Evaluate both on {suite.title} to see how they differ.</EmptyState>
        </Card>
      ) : (
        <>
          <Summary comparison={comparison} />
          <ComparisonTable comparison={comparison} />
        </>
      )}
    </>
  );
}

function Summary({ comparison }: { comparison: Comparison }) {
  const { mean, unit, first, second, tasks } = comparison;
  const both = tasks.filter(({ difference }) => difference !== null).length;
  const over = both < tasks.length ? `on the ${plural(both, "task")} with scores of both` : "";
  const named = (version: Comparison["first"]) => `${version.model.name} v${version.number}`;
  const words = {
    first: `${named(first)} is ahead`,
    second: `${named(second)} is ahead`,
    neither: "They cannot be told apart",
    unknown: "Nothing is known about the uncertainty",
  };
  const disagreement = disagreementText(comparison);
  const cells = [
    mean && { question: "On the whole", answer: words[winnerOf(mean)], detail: over },
    mean && {
      question: "Mean of first minus second",
      answer: `${differenceText(mean, unit)}${unit === "share" ? " points" : ""}`,
      detail: differenceRange(mean, unit) ?? "",
    },
    !mean && { question: "On the whole", answer: "No mean", detail: "the tasks have different units" },
    disagreement && { question: "Exactly one of the two is right", answer: disagreement, detail: "" },
  ].filter((cell) => typeof cell === "object" && cell !== null);
  return (
    <Card
      label="Verdict"
      className="mb-3.5 grid auto-cols-fr grid-flow-col divide-x divide-line phone:grid-flow-row phone:divide-x-0 phone:divide-y"
    >
      {cells.map((cell) => (
        <div key={cell.question} className="px-[18px] py-3 phone:px-3.5 phone:py-2.5">
          <p className="text-caption text-ink-3">{cell.question}</p>
          <p className="num mt-0.5 text-[20px] leading-7 font-semibold tracking-[-0.022em] phone:text-[17px] phone:leading-6">
            {cell.answer} {cell.detail && <span className="ml-1 text-table font-normal text-ink-3">{cell.detail}</span>}
          </p>
        </div>
      ))}
    </Card>
  );
}
