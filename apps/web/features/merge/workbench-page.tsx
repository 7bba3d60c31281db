import { LoadFailure } from "../../components/load-failure.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { load } from "../../lib/load.ts";
import { readDraft } from "./draft.ts";
import { WorkbenchDocument } from "./merge-documents.ts";
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
  const { mergeMethods, versions, viewer } = answer.data;
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
  const bases = choices.filter((choice) => choice.kind === "BASE");
  const onlyBase = method.needsBase && !asked.base && bases.length === 1 ? (bases[0]?.ref ?? null) : asked.base;
  return (
    <Workbench
      initial={{ ...asked, method: method.name, base: onlyBase }}
      methods={mergeMethods}
      choices={choices}
      namespaces={viewer.namespaces}
    />
  );
}
