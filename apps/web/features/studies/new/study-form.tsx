"use client";
import { useMemo, useState } from "react";
import { CodeBlock, CommandLine } from "../../../components/code-block.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { Card, CardHead } from "../../../components/ui/card.tsx";
import type { ChoiceFragment, NewStudyQuery } from "../../../gql/graphql.ts";
import { plural } from "../../../lib/format.ts";
import { BottomBar } from "../../merge/bottom-bar.tsx";
import { proposedName, splitName, toRecipe } from "../../merge/draft.ts";
import { DraftHead } from "../../merge/draft-head.tsx";
import { faultAt, fieldId } from "../../merge/fault-place.ts";
import { changeOfMethod, formOf, shapeOf } from "../../merge/form-of.ts";
import { whatIsMissing } from "../../merge/parent-count.ts";
import { RecipeFields } from "../../merge/recipe-fields.tsx";
import { useMirrored } from "../../merge/use-draft.ts";
import { toYaml } from "../../versions/recipe-text.ts";
import { SearchSettings } from "./search-settings.tsx";
import { commandOf, type StudyDraft, studyDraftPath, toStudyInput } from "./study-draft.ts";
import { StudyPreflight } from "./study-preflight.tsx";
import { TuneRows } from "./tune-rows.tsx";
import { completed, usualRows } from "./tune-targets.ts";
import { useStart, useStudyCheck } from "./use-study.ts";

type Method = NewStudyQuery["mergeMethods"][number];
type Named = { namespace: string; name: string; title: string };

interface Props {
  initial: StudyDraft;
  methods: readonly Method[];
  choices: readonly ChoiceFragment[];
  namespaces: readonly string[];
  suites: readonly Named[];
  tasks: readonly Named[];
}

/** Put a study together: a recipe to start from, what of it is tuned, and what the trials are scored on. */
export function StudyForm({ initial, methods, choices, namespaces, suites, tasks }: Props) {
  const [draft, change] = useMirrored(initial, studyDraftPath);
  const [view, setView] = useState("form");
  const method = methods.find((candidate) => candidate.name === draft.method) ?? methods[0];
  const shape = useMemo(() => method && shapeOf(method), [method]);
  const { start, refusal, clearRefusal, isSending } = useStart();
  const name = draft.name ?? `${proposedName(draft, namespaces)}-tuned`;
  const target = splitName(name);
  const hint = hintFor(draft, method, target !== null);
  const recipe = shape ? toRecipe(draft, shape) : {};
  const input = hint === null && target ? toStudyInput(draft, target, recipe) : null;
  const state = useStudyCheck(input);
  if (!method || !shape) return null;

  const form = formOf(shape, draft);
  const faults = refusal.length > 0 ? refusal : (state.answer?.faults ?? []);
  const parents = draft.parents.map(({ model }) => model);
  const nameOf = (ref: string) => choices.find((choice) => choice.ref === ref)?.model.name ?? ref;
  const edit = (part: Partial<StudyDraft>) => {
    clearRefusal();
    change(part);
  };
  const changeMethod = ({ name: to }: { name: string }) => {
    const next = methods.find((each) => each.name === to) ?? method;
    edit({ ...changeOfMethod(draft, shape, next, choices), tune: usualRows(next.tunables) });
  };
  const isReady = input !== null && state.answer?.ok === true && !state.isStale && refusal.length === 0;
  const verb =
    hint === null && faults.length > 0 ? `Fix ${plural(faults.length, "error")}` : isSending ? "Starting" : "Start study";
  const go = () => (isReady && input && !isSending ? start(input) : document.getElementById("preflight")?.focus());
  const button = (className: string) => (
    <Button look="filled" onClick={go} aria-disabled={!isReady || isSending} className={className}>
      {verb}
    </Button>
  );
  const command = commandOf({ ...draft, tune: draft.tune.map((row) => completed(row, method.tunables)) }, name);
  return (
    <div className="phone:pb-16">
      <DraftHead title="New study" view={view} onView={setView} />
      <div className="grid grid-cols-[minmax(0,1fr)_348px] gap-3.5 narrow:grid-cols-1">
        {view === "form" ? (
          <div className="flex min-w-0 flex-col gap-3.5">
            <Card className="overflow-hidden">
              <RecipeFields
                draft={draft}
                method={method}
                methods={methods}
                form={form}
                choices={choices}
                faults={faults}
                name={name}
                check={null}
                onMethod={changeMethod}
                onChange={edit}
              />
            </Card>
            <Card>
              <CardHead title="Tune" note="what the search may change; it starts from the numbers above" />
              <div className="px-4 pb-3">
                {draft.tune.length === 0 && (
                  <p className="py-1 text-table text-ink-3">Nothing yet: then the usual numbers of {method.title} are tuned.</p>
                )}
                <TuneRows
                  rows={draft.tune}
                  tunables={method.tunables}
                  parents={parents.map(nameOf)}
                  faults={faults}
                  onChange={(tune) => edit({ tune })}
                />
              </div>
            </Card>
          </div>
        ) : (
          <Card className="flex min-w-0 flex-col gap-3 self-start p-4">
            <CodeBlock code={toYaml(recipe)} what="recipe" />
            <p className="text-table text-ink-2">The same study from a terminal, with this recipe in recipe.yaml:</p>
            <CommandLine command={command} />
          </Card>
        )}
        <Card className="flex flex-col self-start overflow-hidden">
          <div className="px-4 pt-3.5 pb-4">
            <SearchSettings draft={draft} suites={suites} tasks={tasks} faults={faults} onChange={edit} />
          </div>
          <div className="border-line border-t">
            <StudyPreflight state={state} faults={hint ? [] : faults} hint={hint} budget={draft.budget} parents={parents} />
          </div>
          <div className="border-line border-t px-4 pt-3 pb-4">
            <label className="block text-table text-ink-2">
              Name, and model of the best version
              <input
                id={fieldId(["name"])}
                value={name}
                onChange={(event) => edit({ name: event.target.value })}
                spellCheck={false}
                aria-invalid={target === null || faultAt(faults, ["name"]) !== undefined || undefined}
                className="mt-1.5 h-9 w-full rounded-control border border-line-2 bg-surface px-2.5 font-medium text-ink aria-invalid:border-bad phone:h-11"
              />
            </label>
            {button("mt-3 h-9 w-full phone:hidden")}
          </div>
        </Card>
      </div>
      <BottomBar button={button("")}>
        {hint ?? (faults.length > 0 ? plural(faults.length, "error") : `At most ${plural(draft.budget, "trial")}`)}
      </BottomBar>
    </div>
  );
}

/** What has to be there before the server is worth asking. */
function hintFor(draft: StudyDraft, method: Method | undefined, isNamed: boolean): string | null {
  if (!method) return "No method.";
  const missing = whatIsMissing(draft, method);
  if (missing) return missing;
  if (draft.suite === null && draft.tasks.length === 0) return "Choose a suite or tasks that score the trials.";
  return isNamed ? null : "Write the name as namespace/name, in letters, digits, dots and dashes.";
}
