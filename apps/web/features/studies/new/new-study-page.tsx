import { EmptyState } from "../../../components/empty-state.tsx";
import { LoadFailure } from "../../../components/load-failure.tsx";
import { PageHead } from "../../../components/page-head.tsx";
import { ButtonLink } from "../../../components/ui/button.tsx";
import { Card } from "../../../components/ui/card.tsx";
import { load } from "../../../lib/load.ts";
import { onlyBaseOf } from "../../merge/parent-count.ts";
import { NewStudyDocument } from "./new-study-documents.ts";
import { readStudyDraft } from "./study-draft.ts";
import { StudyForm } from "./study-form.tsx";
import { usualRows } from "./tune-targets.ts";

export async function NewStudyPage({ query }: { query: Record<string, string | string[] | undefined> }) {
  const answer = await load(NewStudyDocument, {});
  if (!answer.ok) {
    return (
      <>
        <PageHead title="New study" />
        <LoadFailure failure={answer.failure} what="Methods, versions and suites" />
      </>
    );
  }
  const { viewer } = answer.data;
  const suites = answer.data.suites.edges.map(({ node }) => node);
  const tasks = answer.data.tasks.edges.map(({ node }) => node);
  const choices = answer.data.versions.edges.map(({ node }) => node);
  const methods = answer.data.mergeMethods.filter(({ tunables, isAvailable }) => isAvailable && tunables.length > 0);
  const asked = readStudyDraft(query);
  const method = methods.find(({ name }) => name === asked.method) ?? methods[0];
  if (!method || tasks.length === 0) {
    return (
      <>
        <PageHead title="New study" />
        <Card>
          <EmptyState title="Nothing to score trials on yet" action={<ButtonLink href="/leaderboards">Leaderboards</ButtonLink>}>
            A study scores each trial on tasks with a search split and judges the best on their report splits. Register tasks
            first: amalgam task create, then amalgam suite create. The six-tasks example brings both.
          </EmptyState>
        </Card>
      </>
    );
  }
  const home = asked.parents[0]?.model.split("/")[0];
  const near = suites.find(({ namespace }) => namespace === home) ?? suites[0];
  const initial = {
    ...asked,
    method: method.name,
    base: asked.base ?? (method.base === "REQUIRED" ? onlyBaseOf(choices) : null),
    suite: asked.suite ?? (near ? `${near.namespace}/${near.name}` : null),
    tune: asked.tune.length > 0 ? asked.tune : usualRows(method.tunables),
  };
  return (
    <StudyForm
      initial={initial}
      methods={methods}
      choices={choices}
      namespaces={viewer.namespaces}
      suites={suites}
      tasks={tasks}
    />
  );
}
