import { LoadFailure } from "../../components/load-failure.tsx";
import { NotFound } from "../../components/not-found.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { load } from "../../lib/load.ts";
import { namespacesOf, recipeStrands, type Slot } from "./recipe-strands.ts";
import { RunDocument, StrandSlotsDocument } from "./run-fragments.ts";
import { RunLive } from "./run-live.tsx";

export async function RunPage({ id }: { id: string }) {
  const answer = await load(RunDocument, { id });
  if (!answer.ok) {
    return (
      <>
        <PageHead title="Run" />
        <LoadFailure failure={answer.failure} what="This run" />
      </>
    );
  }
  const run = answer.data.run;
  if (!run)
    return (
      <NotFound title="There is no such run">
        The link may be from another server, or the run was removed with its model.
      </NotFound>
    );
  const { recipe, ...rest } = run;
  return <RunLive initial={rest} strands={recipe ? recipeStrands(recipe, await loadSlots(recipe)) : null} />;
}

async function loadSlots(recipe: unknown): Promise<Slot[]> {
  const answers = await Promise.all(namespacesOf(recipe).map((namespace) => load(StrandSlotsDocument, { namespace })));
  return answers.flatMap((answer) => (answer.ok ? answer.data.models.edges.map(({ node }) => node) : []));
}
