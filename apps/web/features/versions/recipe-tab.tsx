import { CommandLine } from "../../components/code-block.tsx";
import { Digest } from "../../components/digest.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Facts } from "../../components/facts.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { load } from "../../lib/load.ts";
import { recipeToQuery } from "../merge/draft.ts";
import { recipeFacts } from "./recipe-facts.ts";
import { RecipeInWords } from "./recipe-parts.tsx";
import { inOrder, toYaml } from "./recipe-text.ts";
import { RecipeView } from "./recipe-view.tsx";
import { recipeParts } from "./recipe-words.ts";
import { TabContent } from "./tab-content.tsx";
import { VersionRecipeDocument } from "./version-documents.ts";
import { runPath } from "./version-path.ts";

export async function RecipeTab({ versionRef }: { versionRef: string }) {
  const answer = await load(VersionRecipeDocument, { ref: versionRef });
  return (
    <TabContent versionRef={versionRef} what="The recipe" answer={answer}>
      {({ version }) =>
        version.recipe ? (
          <div className="grid grid-cols-[minmax(0,1fr)_336px] gap-3.5 narrow:grid-cols-1">
            <div className="flex min-w-0 flex-col gap-3.5">
              <RecipeInWords method={recipeFacts(version.recipe).method} parts={recipeParts(inOrder(version.recipe))} />
              <RecipeView yaml={toYaml(inOrder(version.recipe))} json={JSON.stringify(inOrder(version.recipe), null, 2)} />
            </div>
            <Card className="self-start">
              <CardHead title="Make it again" />
              <div className="flex flex-col gap-3 px-4 pb-4">
                <p className="text-table text-ink-2">
                  The same recipe over the same parents gives the same bytes on every machine.
                </p>
                <CommandLine command={`amalgam pull ${version.ref} ./${version.model.name}`} />
                <CommandLine command={`amalgam reproduce ./${version.model.name}`} />
                <ButtonLink href={`/merge?${recipeToQuery(version.recipe)}`}>Open in the workbench</ButtonLink>
                <ButtonLink href={`/studies/new?${recipeToQuery(version.recipe)}`}>Tune its numbers</ButtonLink>
                {version.mergeRun && (
                  <Facts
                    items={[
                      {
                        label: "Run",
                        value: (
                          <a href={runPath(version.mergeRun.id)} className="underline decoration-line-2 underline-offset-3">
                            open
                          </a>
                        ),
                      },
                      ...(version.mergeRun.identity
                        ? [{ label: "Identity", value: <Digest value={version.mergeRun.identity} /> }]
                        : []),
                    ]}
                  />
                )}
              </div>
            </Card>
          </div>
        ) : (
          <Card>
            <EmptyState title="This version was registered, not merged">
              It has no recipe. Its lineage names what it was fine-tuned from.
            </EmptyState>
          </Card>
        )
      }
    </TabContent>
  );
}
