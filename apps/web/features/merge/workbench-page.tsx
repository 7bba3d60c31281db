import { LoadFailure } from "../../components/load-failure.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { load } from "../../lib/load.ts";
import { isMeasurable, taskChoice } from "../statistics/statistic-words.ts";
import { readDraft } from "./draft.ts";
import { WorkbenchDocument } from "./merge-documents.ts";
import { onlyBaseOf } from "./parent-count.ts";
import { Workbench } from "./workbench.tsx";

export async function WorkbenchPage({ query }: { query: Record<string, string | string[] | undefined> }) {
  const answer = await load(WorkbenchDocument, {});
  if (!answer.ok) {
    return (
      <>
        <PageHead title="New merge" />
        <LoadFailure failure={answer.failure} what="Methods and versions" />
      </>
    );
  }
  const { mergeMethods, versions, viewer, suites, tasks } = answer.data;
  const choices = versions.edges.map(({ node }) => node);
  const asked = readDraft(query);
  const method = mergeMethods.find((candidate) => candidate.name === asked.method) ?? mergeMethods[0];
  if (!method) {
    return (
      <>
        <PageHead title="New merge" />
        <p className="text-ink-2">The API lists no merge methods. Its version does not fit this dashboard; build both again.</p>
      </>
    );
  }
  const base = asked.base ?? (method.base === "REQUIRED" ? onlyBaseOf(choices) : null);
  return (
    <Workbench
      initial={{ ...asked, method: method.name, base }}
      methods={mergeMethods}
      choices={choices}
      namespaces={viewer.namespaces}
      suites={suites.edges.map(({ node }) => node)}
      tasks={tasks.edges
        .map(({ node }) => node)
        .filter(isMeasurable)
        .map(taskChoice)}
    />
  );
}
