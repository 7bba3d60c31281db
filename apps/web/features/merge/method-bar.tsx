"use client";
import { useState } from "react";
import { Icon } from "../../components/icon.tsx";
import type { ChoiceFragment, WorkbenchQuery } from "../../gql/graphql.ts";
import { type Draft, dtypes } from "./draft.ts";
import type { Field } from "./fields.ts";
import { NumberField } from "./number-field.tsx";
import { VersionPicker } from "./version-picker.tsx";

export type Method = WorkbenchQuery["mergeMethods"][number];

interface Props {
  draft: Draft;
  method: Method;
  methods: readonly Method[];
  fields: readonly Field[];
  values: Readonly<Record<string, unknown>>;
  choices: readonly ChoiceFragment[];
  onChange: (change: Partial<Draft>) => void;
}

const box =
  "relative inline-flex h-[30px] items-center gap-2 rounded-control border border-line-2 bg-surface px-2.5 text-table whitespace-nowrap focus-within:border-ink-4 phone:h-10";

/** Method, base, then only the parameters this method declares. */
export function MethodBar({ draft, method, methods, fields, values, choices, onChange }: Props) {
  const [isPicking, setPicking] = useState(false);
  const base = choices.find((choice) => choice.ref === draft.base);
  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2.5">
      <label className={box}>
        <span className="text-ink-3">Method</span>
        <select
          value={method.name}
          onChange={(event) => onChange({ method: event.target.value })}
          className="appearance-none bg-transparent pr-5 font-medium text-ink outline-none [&>option]:bg-surface"
        >
          {methods.map((candidate) => (
            <option key={candidate.id} value={candidate.name}>
              {candidate.title}
            </option>
          ))}
        </select>
        <Icon name="chevron" className="pointer-events-none absolute right-2 size-3 text-ink-3" />
      </label>
      {method.needsBase && (
        <button type="button" onClick={() => setPicking(true)} className={`${box} hover:bg-hover`}>
          <span className="text-ink-3">Base</span>
          {draft.base ? (
            <span>
              <span className="font-medium">{base ? `${base.model.namespace}/${base.model.name}` : draft.base}</span>{" "}
              {base && <span className="text-ink-3">v{base.number}</span>}
            </span>
          ) : (
            <span className="font-medium text-warn">choose</span>
          )}
        </button>
      )}
      {fields.map((field) => (
        <ParameterField
          key={field.name}
          field={field}
          value={values[field.name]}
          onChange={(value) => onChange({ parameters: { ...draft.parameters, [field.name]: value } })}
        />
      ))}
      <label className={box}>
        <span className="text-ink-3">Stored as</span>
        <select
          value={draft.dtype ?? ""}
          onChange={(event) => onChange({ dtype: event.target.value || null })}
          className="appearance-none bg-transparent pr-5 font-medium text-ink outline-none [&>option]:bg-surface"
        >
          <option value="">as its parents</option>
          {dtypes.map((dtype) => (
            <option key={dtype}>{dtype}</option>
          ))}
        </select>
        <Icon name="chevron" className="pointer-events-none absolute right-2 size-3 text-ink-3" />
      </label>
      <span className="flex-1" />
      <a
        href={method.source}
        rel="noreferrer"
        target="_blank"
        className="link text-caption text-ink-3 phone:hidden"
        title={method.summary}
      >
        How {method.title} works
      </a>
      <VersionPicker
        label="Choose the base"
        isOpen={isPicking}
        onClose={() => setPicking(false)}
        choices={[...choices].sort((a, b) => Number(b.kind === "BASE") - Number(a.kind === "BASE"))}
        taken={new Set()}
        onPick={(ref) => onChange({ base: ref })}
      />
    </div>
  );
}

function ParameterField({ field, value, onChange }: { field: Field; value: unknown; onChange: (value: unknown) => void }) {
  const help = field.help ?? undefined;
  switch (field.type) {
    case "number":
      return (
        <span className={box} title={help}>
          <span className="text-ink-3">{field.label}</span>
          {field.low !== null && field.high !== null && field.high - field.low <= 2 && (
            <Slider
              label={field.label}
              value={typeof value === "number" ? value : 0}
              low={field.low}
              high={field.high}
              onChange={onChange}
              colour="var(--ink)"
              className="w-24"
            />
          )}
          <NumberField
            label={field.label}
            value={typeof value === "number" ? value : null}
            low={field.low}
            high={field.high}
            step={field.step}
            onChange={(number) => onChange(field.isInteger ? Math.round(number) : number)}
            className="-mr-1.5 w-14"
          />
        </span>
      );
    case "boolean":
      return (
        <label className={`${box} cursor-pointer`} title={help}>
          <input
            type="checkbox"
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
            className="size-3.5 accent-(--ink)"
          />
          <span className="font-medium">{field.label}</span>
        </label>
      );
    case "choice":
      return (
        <label className={box} title={help}>
          <span className="text-ink-3">{field.label}</span>
          <select
            value={typeof value === "string" ? value : ""}
            onChange={(event) => onChange(event.target.value)}
            className="bg-transparent font-medium outline-none [&>option]:bg-surface"
          >
            {field.options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </select>
        </label>
      );
    case "numbers":
      return (
        <label className={box} title={help}>
          <span className="text-ink-3">{field.label}</span>
          <input
            defaultValue={Array.isArray(value) ? value.join(", ") : ""}
            onBlur={(event) =>
              onChange(
                event.target.value
                  .split(/[\s,]+/)
                  .filter(Boolean)
                  .map(Number)
                  .filter(Number.isFinite),
              )
            }
            className="num w-24 bg-transparent font-medium outline-none"
          />
        </label>
      );
  }
}

interface SliderProps {
  label: string;
  value: number;
  low: number;
  high: number;
  colour: string;
  onChange: (value: number) => void;
  className?: string;
}

/** Filled from zero, so that a subtraction reads as one. */
export function Slider({ label, value, low, high, colour, onChange, className = "" }: SliderProps) {
  const at = (v: number) => ((Math.min(high, Math.max(low, v)) - low) / (high - low)) * 100;
  const zero = at(0);
  const style = { "--c": colour, "--from": `${Math.min(zero, at(value))}%`, "--to": `${Math.max(zero, at(value))}%` };
  return (
    <input
      type="range"
      aria-label={label}
      min={low}
      max={high}
      step={0.01}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
      style={style as React.CSSProperties}
      className={`slider keep-colour ${className}`}
    />
  );
}
