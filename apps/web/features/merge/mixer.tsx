"use client";
import { useState } from "react";
import { flushSync } from "react-dom";
import { Icon } from "../../components/icon.tsx";
import type { Strand } from "../../components/strands/geometry.ts";
import { Button } from "../../components/ui/button.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import type { Setting } from "../../lib/setting.ts";
import { colourOf } from "../versions/mixture.ts";
import { type Draft, previewCoefficients } from "./draft.ts";
import { Drawing, padTop } from "./drawing.tsx";
import type { Form } from "./form-of.ts";
import type { Method } from "./method-picker.tsx";
import { moved, orderWords, parentCountWords } from "./parent-count.ts";
import { BaseRow, moveId, ParentRow, pitchOf, rowHeight } from "./parent-rows.tsx";
import type { Fault } from "./preflight.tsx";
import type { Check } from "./use-check.ts";
import { VersionPicker } from "./version-picker.tsx";

interface Props {
  draft: Draft;
  method: Method;
  form: Form;
  choices: readonly ChoiceFragment[];
  faults: readonly Fault[];
  name: string;
  check: Check | null;
  onChange: (change: Partial<Draft>) => void;
}

/** Parents with their sliders and settings, and the strands they make. */
export function Mixer({ draft, method, form, choices, faults, name, check, onChange }: Props) {
  const [isPicking, setPicking] = useState(false);
  const [announced, announce] = useState("");
  const choiceOf = (ref: string) => choices.find((choice) => choice.ref === ref);
  const coefficients = previewCoefficients(draft, form.weight ? (form.weight.initial ?? 1) : null, form.values);
  const hasBase = method.base !== "NONE" && draft.base !== null;
  const strands = draft.parents.map((parent, i): Strand => {
    const choice = choiceOf(parent.model);
    return {
      key: `${parent.model}#${i}`,
      label: choice?.model.name ?? parent.model,
      colour: choice ? colourOf(choice) : "var(--s0)",
      coefficient: coefficients[i] ?? null,
    };
  });
  const count = draft.parents.length;
  const isFull = method.maxParents !== null && count >= method.maxParents;
  const isOff = count < method.minParents || (method.maxParents !== null && count > method.maxParents);
  const order = count > 1 ? orderWords(method) : null;
  const setParents = (parents: Draft["parents"]) => onChange({ parents });
  const setOwn = (at: number, key: string, value: Setting | undefined) =>
    setParents(
      draft.parents.map((parent, i) => {
        if (i !== at) return parent;
        const { [key]: _was, ...rest } = parent.own;
        return { ...parent, own: value === undefined ? rest : { ...rest, [key]: value } };
      }),
    );
  // The focus stays on the button of the row that moved, or on the other one at an end of the list.
  const move = (from: number, by: -1 | 1) => {
    flushSync(() => setParents(moved(draft.parents, from, by)));
    const buttons = [by, -by as -1 | 1].map((way) => document.getElementById(moveId(from + by, way)));
    buttons.find((button) => button instanceof HTMLButtonElement && !button.disabled)?.focus();
    announce(`${strands[from]?.label} is now ${from + by + 1} of ${count}.`);
  };
  return (
    <div className="grid grid-cols-[356px_minmax(0,1fr)] phone:grid-cols-1">
      <div className="pr-0 pl-4 phone:order-2 phone:px-4" style={{ paddingTop: padTop }}>
        <ol>
          {hasBase && draft.base && <BaseRow choice={choiceOf(draft.base)} name={draft.base} />}
          {draft.parents.map((parent, i) => (
            <ParentRow
              // biome-ignore lint/suspicious/noArrayIndexKey: the same version may be listed twice while it is being fixed
              key={`${parent.model}#${i}`}
              index={i}
              count={count}
              parent={parent}
              choice={choiceOf(parent.model)}
              colour={strands[i]?.colour ?? "var(--s0)"}
              form={form}
              isOrdered={order !== null}
              preview={coefficients[i] ?? null}
              faults={faults}
              onOwn={(key, value) => setOwn(i, key, value)}
              onMove={(by) => move(i, by)}
              onRemove={() => setParents(draft.parents.filter((_, at) => at !== i))}
            />
          ))}
        </ol>
        <div className="my-2 flex flex-wrap items-center gap-x-3">
          <Button look="quiet" onClick={() => setPicking(true)} disabled={isFull} className="px-2 pl-0">
            <Icon name="plus" />
            Add a parent
          </Button>
          {/* A form that nobody has filled in yet is not wrong. */}
          <span className={`text-caption ${isOff && count > 0 ? "text-bad" : "text-ink-3"}`}>
            {isOff || isFull ? `${method.title} takes ${parentCountWords(method)}` : ""}
          </span>
        </div>
        {order && <p className="mb-3 text-caption text-ink-3">{order}</p>}
        <p role="status" className="sr-only">
          {announced}
        </p>
      </div>
      <div className="flex min-w-0 items-start phone:order-1 phone:border-line phone:border-b">
        <Drawing
          strands={strands}
          baseHeight={hasBase ? rowHeight : 0}
          pitch={pitchOf(form)}
          name={name}
          check={check}
          dtype={draft.dtype}
          first={choiceOf(draft.parents[0]?.model ?? "")}
        />
      </div>
      <VersionPicker
        label="Add a parent"
        isOpen={isPicking}
        onClose={() => setPicking(false)}
        choices={choices}
        taken={new Set(draft.parents.map((parent) => parent.model))}
        onPick={(ref) => setParents([...draft.parents, { model: ref, own: {} }])}
      />
    </div>
  );
}
