"use client";
import { useState } from "react";
import { Icon } from "../../components/icon.tsx";
import { fuse, type Strand } from "../../components/strands/geometry.ts";
import { Strands } from "../../components/strands/strands.tsx";
import { Button } from "../../components/ui/button.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import { bytes, coefficient, parameters } from "../../lib/format.ts";
import { colourOf } from "../versions/mixture.ts";
import { type Draft, previewCoefficients } from "./draft.ts";
import { isAboutParent } from "./fault-place.ts";
import type { Method } from "./method-bar.tsx";
import { BaseRow, ParentRow, rowPitch } from "./parent-rows.tsx";
import type { Fault } from "./preflight.tsx";
import type { Check } from "./use-check.ts";
import { VersionPicker } from "./version-picker.tsx";

interface Props {
  draft: Draft;
  method: Method;
  values: Readonly<Record<string, unknown>>;
  choices: readonly ChoiceFragment[];
  faults: readonly Fault[];
  name: string;
  check: Check | null;
  onChange: (change: Partial<Draft>) => void;
}

const ghosts: Strand[] = [0.5, 0.8, 0.4].map((share, i) => ({
  key: `ghost-${i}`,
  label: "",
  colour: "var(--line)",
  coefficient: share,
}));
const padTop = 12;

/** Parents with their sliders, and the strands they make. */
export function Mixer({ draft, method, values, choices, faults, name, check, onChange }: Props) {
  const [isPicking, setPicking] = useState(false);
  const choiceOf = (ref: string) => choices.find((choice) => choice.ref === ref);
  const coefficients = previewCoefficients(draft, method.perParentWeight, values);
  const hasBase = method.needsBase && draft.base !== null;
  const strands = draft.parents.map((parent, i): Strand => {
    const choice = choiceOf(parent.model);
    return {
      key: `${parent.model}#${i}`,
      label: choice?.model.name ?? parent.model,
      colour: choice ? colourOf(choice) : "var(--s0)",
      coefficient: coefficients[i] ?? null,
    };
  });
  const isFull = method.maxParents !== null && draft.parents.length >= method.maxParents;
  const setParents = (parents: Draft["parents"]) => onChange({ parents });
  return (
    <div className="grid grid-cols-[356px_minmax(0,1fr)] phone:grid-cols-1">
      <div className="pr-0 pl-4 phone:order-2 phone:px-4" style={{ paddingTop: padTop }}>
        <ol>
          {hasBase && draft.base && <BaseRow choice={choiceOf(draft.base)} name={draft.base} />}
          {draft.parents.map((parent, i) => (
            <ParentRow
              // biome-ignore lint/suspicious/noArrayIndexKey: the same version may be listed twice while it is being fixed
              key={`${parent.model}#${i}`}
              parent={parent}
              choice={choiceOf(parent.model)}
              colour={strands[i]?.colour ?? "var(--s0)"}
              hasWeight={method.perParentWeight}
              preview={coefficients[i] ?? null}
              isFaulty={faults.some((fault) => isAboutParent(fault, i))}
              onWeight={(weight) => setParents(draft.parents.map((was, at) => (at === i ? { ...was, weight } : was)))}
              onRemove={() => setParents(draft.parents.filter((_, at) => at !== i))}
            />
          ))}
        </ol>
        <Button look="quiet" onClick={() => setPicking(true)} disabled={isFull} className="my-2 px-2 pl-0">
          <Icon name="plus" />
          {isFull ? `${method.title} takes ${method.maxParents}` : "Add a parent"}
        </Button>
      </div>
      <div className="flex min-w-0 items-start phone:order-1 phone:border-line phone:border-b">
        <Drawing
          strands={strands}
          hasBase={hasBase}
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
        onPick={(ref) => setParents([...draft.parents, { model: ref, weight: null }])}
      />
    </div>
  );
}

interface DrawingProps {
  strands: Strand[];
  hasBase: boolean;
  name: string;
  check: Check | null;
  dtype: string | null;
  first: ChoiceFragment | undefined;
}

function Drawing({ strands, hasBase, name, check, dtype, first }: DrawingProps) {
  const isGhost = strands.length === 0;
  const drawn = isGhost ? ghosts : strands;
  const rows = drawn.length + (hasBase ? 1 : 0);
  const height = Math.max(padTop + rows * rowPitch + 12, 220);
  const centreOf = (row: number) => padTop + row * rowPitch + rowPitch / 2;
  const drawing = fuse({
    strands: drawn,
    rows: drawn.map((_, i) => centreOf(i + (hasBase ? 1 : 0))),
    baseRow: hasBase ? centreOf(0) : null,
    centre: Math.min(height / 2, centreOf(Math.max(1, rows - 1) / 2) + 8),
    mostHeight: Math.min(height * 0.42, 128),
    mostWidth: 26,
  });
  const label = isGhost
    ? "No parents yet"
    : `${strands.map((strand) => (strand.coefficient === null ? strand.label : `${strand.label} ${coefficient(strand.coefficient)}`)).join(", ")} fuse into ${name}`;
  return (
    <>
      <div className="min-w-0 flex-1 pl-2 phone:pl-0">
        <Strands fuse={drawing} height={height} label={label} isGhost={isGhost} meet={0.68} />
      </div>
      <div
        className="flex w-[132px] flex-none flex-col justify-center pr-3 pl-3.5 phone:w-[112px]"
        style={{ height: drawing.bar.top + drawing.bar.bottom }}
      >
        <p className="text-section font-semibold wrap-anywhere phone:text-table">{name.split("/").at(-1)}</p>
        {first && (
          <p className="num text-caption text-ink-3">
            {[parameters(Number(first.parameterCount)), dtype ?? first.dtype].filter(Boolean).join(", ")}
          </p>
        )}
        {check?.ok && <p className="num text-caption text-ink-3">{bytes(Number(check.writeBytes))}</p>}
      </div>
    </>
  );
}
