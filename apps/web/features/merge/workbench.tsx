"use client";
import Link from "next/link";
import { useMemo, useState } from "react";
import { CodeBlock } from "../../components/code-block.tsx";
import { Button } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import { bytes, duration, plural } from "../../lib/format.ts";
import { toYaml } from "../versions/recipe-text.ts";
import { BottomBar } from "./bottom-bar.tsx";
import { type Draft, proposedName, toRecipe, writeDraft } from "./draft.ts";
import { DraftHead } from "./draft-head.tsx";
import { changeOfMethod, formOf, shapeOf } from "./form-of.ts";
import { toStatistics } from "./measure-draft.ts";
import { MeasureFields } from "./measure-fields.tsx";
import type { Method } from "./method-picker.tsx";
import { whatIsMissing } from "./parent-count.ts";
import { Identity, Preflight } from "./preflight.tsx";
import { RecipeFields } from "./recipe-fields.tsx";
import { useCheck } from "./use-check.ts";
import { useDraft } from "./use-draft.ts";
import { useRequest } from "./use-request.ts";

interface Props {
  initial: Draft;
  methods: readonly Method[];
  choices: readonly ChoiceFragment[];
  namespaces: readonly string[];
  suites: readonly { namespace: string; name: string; title: string }[];
  /** That models can be measured on. */
  tasks: readonly { value: string; label: string }[];
}

/** Put a merge together: the form, the drawing and the server's opinion change together. */
export function Workbench({ initial, methods, choices, namespaces, suites, tasks }: Props) {
  const [draft, change] = useDraft(initial);
  const [view, setView] = useState("form");
  const method = methods.find((candidate) => candidate.name === draft.method) ?? methods[0];
  const shape = useMemo(() => method && shapeOf(method), [method]);
  const hint = method ? whatIsMissing(draft, method) : "No method.";
  const recipe = shape ? toRecipe(draft, shape) : {};
  const need = method?.statistics ?? null;
  const statistics = toStatistics(draft.measure, draft.parents, need);
  const state = useCheck(hint ? null : recipe, statistics);
  const { request, refusal, clearRefusal, isSending } = useRequest();
  if (!method || !shape) return null;

  const form = formOf(shape, draft);
  const name = draft.name ?? proposedName(draft, namespaces);
  const faults = refusal.length > 0 ? refusal : (state.check?.faults ?? []);
  const edit = (part: Partial<Draft>) => {
    clearRefusal();
    change(part);
  };
  const isReady = !hint && state.check?.ok === true && !state.isStale && refusal.length === 0;
  const verb = hint
    ? "Request merge"
    : faults.length > 0
      ? `Fix ${plural(faults.length, "error")}`
      : isSending
        ? "Requesting"
        : "Request merge";
  const go = () =>
    isReady && !isSending
      ? request(name, recipe, { suite: draft.suite, statistics })
      : document.getElementById("preflight")?.focus();
  const button = (className: string) => (
    <Button look="filled" onClick={go} aria-disabled={!isReady || isSending} className={className}>
      {verb}
    </Button>
  );
  return (
    <div className="phone:pb-16">
      <DraftHead title="New merge" view={view} onView={setView} />
      <div className="grid grid-cols-[minmax(0,1fr)_348px] gap-3.5 narrow:grid-cols-1">
        <Card className="self-start overflow-hidden">
          {view === "form" ? (
            <RecipeFields
              draft={draft}
              method={method}
              methods={methods}
              form={form}
              choices={choices}
              faults={faults}
              name={name}
              check={state.check}
              onMethod={(next) => edit(changeOfMethod(draft, shape, next, choices))}
              onChange={edit}
            />
          ) : (
            <CodeBlock code={toYaml(recipe)} what="recipe" className="p-4 [&>button]:top-5 [&>button]:right-6" />
          )}
        </Card>
        <Card className="flex flex-col self-start overflow-hidden">
          <Preflight state={state} refusal={refusal} hint={hint} />
          {need && draft.parents.length > 0 && (
            <MeasureFields
              draft={draft}
              ofBase={need.ofBase}
              tasks={tasks}
              faults={faults}
              onChange={(measure) => edit({ measure })}
            />
          )}
          <div className="px-4 pt-3 pb-4">
            <label className="block text-table text-ink-2">
              Saves as the next version of
              <input
                value={name}
                onChange={(event) => edit({ name: event.target.value })}
                spellCheck={false}
                className="mt-1.5 h-9 w-full rounded-control border border-line-2 bg-surface px-2.5 font-medium text-ink phone:h-11"
              />
            </label>
            {suites.length > 0 && (
              <label className="mt-3 block text-table text-ink-2">
                Then judge it on
                <select
                  value={draft.suite ?? ""}
                  onChange={(event) => edit({ suite: event.target.value || null })}
                  className="mt-1.5 h-9 w-full rounded-control border border-line-2 bg-surface px-2 text-ink phone:h-11"
                >
                  <option value="">nothing for now</option>
                  {suites.map((suite) => (
                    <option key={`${suite.namespace}/${suite.name}`} value={`${suite.namespace}/${suite.name}`}>
                      {suite.title}
                    </option>
                  ))}
                </select>
                <span className="mt-1 block text-caption text-ink-3">
                  Against its parents, their average and tuned task arithmetic, with intervals.
                </span>
              </label>
            )}
            {button("mt-3 h-9 w-full phone:hidden")}
            {suites.length > 0 && (
              <Link
                href={`/studies/new?${writeDraft({ ...draft, name: null })}`}
                className="link mt-2.5 block text-center text-table text-ink-2"
              >
                Tune its numbers instead
              </Link>
            )}
          </div>
          <Identity check={state.check} />
        </Card>
      </div>
      <BottomBar button={button("")}>
        {hint ?? (faults.length > 0 ? plural(faults.length, "error") : "No errors")}
        {state.check?.ok && !hint && (
          <span className="block text-ink-3">
            {duration(state.check.seconds)}, {bytes(Number(state.check.writeBytes))}
          </span>
        )}
      </BottomBar>
    </div>
  );
}
