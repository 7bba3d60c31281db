import { LoadFailure } from "../../components/load-failure.tsx";
import { NotFound } from "../../components/not-found.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { load } from "../../lib/load.ts";
import { StudyDocument } from "./study-documents.ts";
import { StudyLive } from "./study-live.tsx";

export async function StudyPage({ id }: { id: string }) {
  const answer = await load(StudyDocument, { id });
  if (!answer.ok) {
    return (
      <>
        <PageHead title="Study" />
        <LoadFailure failure={answer.failure} what="This study" />
      </>
    );
  }
  const { study } = answer.data;
  if (!study)
    return (
      <NotFound title="There is no such study">
        The link may be from another server. Open Studies to see those there are.
      </NotFound>
    );
  return <StudyLive initial={study} />;
}
