"use client";
import clsx from "clsx";
import { Icon } from "../../../components/icon.tsx";
import { Button, IconButton } from "../../../components/ui/button.tsx";
import type { NewStudyQuery } from "../../../gql/graphql.ts";
import { faultAt, fieldId } from "../../merge/fault-place.ts";
import type { Fault } from "../../merge/preflight.tsx";
import { SettingField } from "../../merge/setting-field.tsx";
import type { TuneRow } from "./study-draft.ts";
import { choicesOf, partsOf, type Target, tunableOf } from "./tune-targets.ts";

export type Tunable = NewStudyQuery["mergeMethods"][number]["tunables"][number];

interface Props {
  rows: readonly TuneRow[];
  tunables: readonly Tunable[];
  /** Names of the parents, in recipe order */
  parents: readonly string[];
  faults: readonly Fault[];
  onChange: (rows: readonly TuneRow[]) => void;
}

/** What is tuned, and between which bounds. */
export function TuneRows({ rows, tunables, parents, faults, onChange }: Props) {
  const targets = choicesOf(tunables, parents);
  const set = (at: number, change: Partial<TuneRow>) => onChange(rows.map((row, i) => (i === at ? { ...row, ...change } : row)));
  const free = targets.find(({ name }) => !rows.some((row) => row.name === name)) ?? targets[0];
  return (
    <div id={fieldId(["tune"])} tabIndex={-1}>
      <ul>
        {rows.map((row, i) => (
          <Row
            // biome-ignore lint/suspicious/noArrayIndexKey: two rows may name the same number while they are being fixed
            key={i}
            index={i}
            row={row}
            targets={targets}
            tunable={tunableOf(tunables, row.name)}
            faults={faults}
            onChange={(change) => set(i, change)}
            onRemove={() => onChange(rows.filter((_, at) => at !== i))}
          />
        ))}
      </ul>
      {free && (
        <Button
          look="quiet"
          className="mt-1 px-2 pl-0"
          onClick={() => onChange([...rows, { name: free.name, low: null, high: null, log: false }])}
        >
          <Icon name="plus" />
          Tune another number
        </Button>
      )}
    </div>
  );
}

interface RowProps {
  index: number;
  row: TuneRow;
  targets: readonly Target[];
  tunable: Tunable | undefined;
  faults: readonly Fault[];
  onChange: (change: Partial<TuneRow>) => void;
  onRemove: () => void;
}

const field = "h-8 min-w-0 rounded-control border bg-surface px-2 text-table text-ink phone:h-10";

function Row({ index, row, targets, tunable, faults, onChange, onRemove }: RowProps) {
  const at = ["tune", String(index)];
  const fault = faultAt(faults, at);
  const { base, filter } = partsOf(row.name);
  const border = (place: string) => (faultAt(faults, [...at, place]) ? "border-bad" : "border-line-2");
  const label = targets.find(({ name }) => name === base)?.label ?? base;
  const bound = (key: "low" | "high") => (
    <span
      className={clsx("inline-flex rounded-control border bg-surface", fault?.path.length === 2 ? "border-bad" : border(key))}
    >
      <SettingField
        id={fieldId([...at, key])}
        label={`${key === "low" ? "From" : "To"}, ${label}`}
        value={row[key]}
        placeholder={tunable?.[key] ?? null}
        low={tunable?.least ?? null}
        high={tunable?.most ?? null}
        step={tunable?.isWhole ? 1 : 0.01}
        isInteger={tunable?.isWhole ?? false}
        canVary={false}
        help={tunable ? `The method allows ${tunable.least} to ${tunable.most}` : undefined}
        fault={faultAt(faults, [...at, key])?.message}
        onChange={(value) => onChange({ [key]: typeof value === "number" ? value : null })}
        className="w-16"
      />
    </span>
  );
  return (
    <li id={fieldId(at)} tabIndex={-1} className="border-line border-b py-2 last:border-b-0">
      <div className="flex flex-wrap items-center gap-2">
        <select
          id={fieldId([...at, "name"])}
          aria-label={`Number ${index + 1} to tune`}
          value={base}
          onChange={(event) =>
            onChange({ name: event.target.value + (filter === "" ? "" : `{${filter}}`), low: null, high: null, log: false })
          }
          className={clsx(field, border("name"), "w-[210px] phone:w-full")}
        >
          {!targets.some(({ name }) => name === base) && <option value={base}>{base}</option>}
          {targets.map(({ name, label: text }) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
        <span className="flex items-center gap-1.5 text-caption text-ink-3">
          {bound("low")} to {bound("high")}
        </span>
        <label
          className="flex items-center gap-1.5 text-caption text-ink-2 phone:min-h-10"
          title="Spaced evenly in its logarithm"
        >
          <input
            type="checkbox"
            checked={row.log}
            onChange={(event) => onChange({ log: event.target.checked, ...(event.target.checked ? filled(row, tunable) : {}) })}
            className="size-3.5 accent-(--ink)"
          />
          log
        </label>
        <label className="flex min-w-0 flex-1 items-center gap-1.5 text-caption text-ink-3 phone:order-1 phone:basis-full">
          <span className="whitespace-nowrap">only in</span>
          <input
            value={filter}
            placeholder="all tensors"
            aria-label={`Part of the names of tensors, ${label}`}
            spellCheck={false}
            onChange={(event) => onChange({ name: base + (event.target.value === "" ? "" : `{${event.target.value}}`) })}
            className={clsx(field, border("name"), "w-full max-w-[160px]")}
          />
        </label>
        <IconButton label={`Do not tune ${label}`} onClick={onRemove} className="size-7 text-ink-3 phone:size-10">
          <Icon name="cross" className="size-3" />
        </IconButton>
      </div>
      {fault && <p className="mt-1 text-caption text-bad wrap-anywhere">{fault.message}</p>}
    </li>
  );
}

/** A logarithm is asked for together with bounds: without them the method's own spacing holds. */
const filled = (row: TuneRow, tunable: Tunable | undefined): Partial<TuneRow> => ({
  low: row.low ?? tunable?.low ?? null,
  high: row.high ?? tunable?.high ?? null,
});
