"use client";
import clsx from "clsx";
import type { ReactNode } from "react";
import { Segmented } from "../../../components/ui/segmented.tsx";
import type { StudyAggregate } from "../../../gql/graphql.ts";
import { faultAt, fieldId } from "../../merge/fault-place.ts";
import type { Fault } from "../../merge/preflight.tsx";
import { SettingField } from "../../merge/setting-field.tsx";
import type { StudyDraft } from "./study-draft.ts";

interface Named {
  namespace: string;
  name: string;
  title: string;
}

interface Props {
  draft: StudyDraft;
  suites: readonly Named[];
  tasks: readonly Named[];
  faults: readonly Fault[];
  onChange: (change: Partial<StudyDraft>) => void;
}

const refOf = ({ namespace, name }: Named): string => `${namespace}/${name}`;
const scores: Record<StudyAggregate, string> = {
  MEAN: "mean over the tasks",
  NORMALISED_MEAN: "mean relative to the experts",
  WORST: "worst task",
};
const select = "h-8 w-full min-w-0 rounded-control border bg-surface px-2 text-table text-ink phone:h-10";

/** What scores a trial, and how many there are. */
export function SearchSettings({ draft, suites, tasks, faults, onChange }: Props) {
  const isTasks = draft.tasks.length > 0;
  const where = isTasks ? "tasks" : "suite";
  const fault = faultAt(faults, ["suite"]) ?? faultAt(faults, ["tasks"]);
  const toggle = (task: string) =>
    onChange({ tasks: draft.tasks.includes(task) ? draft.tasks.filter((each) => each !== task) : [...draft.tasks, task] });
  return (
    <div className="flex flex-col gap-3">
      <div>
        <div className="mb-1.5 flex items-center justify-between gap-2 text-table text-ink-2">
          Score trials on
          {tasks.length > 0 && (
            <Segmented
              label="Score trials on"
              value={where}
              onChange={(value) => {
                const first = tasks[0];
                onChange(value === "tasks" ? { tasks: first ? [refOf(first)] : [] } : { tasks: [] });
              }}
              options={[
                { value: "suite", label: "A suite" },
                { value: "tasks", label: "Tasks" },
              ]}
            />
          )}
        </div>
        {isTasks ? (
          <ul
            id={fieldId(["tasks"])}
            tabIndex={-1}
            className="max-h-[190px] overflow-y-auto rounded-control border border-line-2 px-2 py-1"
          >
            {tasks.map((task) => (
              <li key={refOf(task)}>
                <label className="flex min-h-7 items-center gap-2 text-table phone:min-h-10">
                  <input
                    type="checkbox"
                    checked={draft.tasks.includes(refOf(task))}
                    onChange={() => toggle(refOf(task))}
                    className="size-3.5 accent-(--ink)"
                  />
                  <span className="min-w-0 truncate">{task.title}</span>
                </label>
              </li>
            ))}
          </ul>
        ) : (
          <select
            id={fieldId(["suite"])}
            aria-label="Suite"
            value={draft.suite ?? ""}
            onChange={(event) => onChange({ suite: event.target.value || null })}
            className={clsx(select, fault ? "border-bad" : "border-line-2")}
          >
            {draft.suite === null && <option value="">Choose a suite</option>}
            {suites.map((suite) => (
              <option key={refOf(suite)} value={refOf(suite)}>
                {suite.title}
              </option>
            ))}
          </select>
        )}
        {fault && <p className="mt-1 text-caption text-bad wrap-anywhere">{fault.message}</p>}
        <p className="mt-1 text-caption text-ink-3">
          Trials see search splits only; the best is scored once on the report splits.
        </p>
      </div>
      <label className="block text-table text-ink-2">
        What counts
        <select
          id={fieldId(["aggregate"])}
          value={draft.aggregate}
          onChange={(event) => onChange({ aggregate: event.target.value as StudyAggregate })}
          className={clsx(select, "mt-1.5", faultAt(faults, ["aggregate"]) ? "border-bad" : "border-line-2")}
        >
          {Object.entries(scores).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <Complaint faults={faults} place="aggregate" />
      </label>
      <div className="grid grid-cols-3 gap-2">
        <Whole
          label="Trials"
          place="budget"
          value={draft.budget}
          low={1}
          high={2000}
          faults={faults}
          onChange={(budget) => onChange({ budget })}
        />
        <Whole
          label="Seed"
          place="seed"
          value={draft.searchSeed}
          low={0}
          high={2 ** 31 - 1}
          faults={faults}
          onChange={(searchSeed) => onChange({ searchSeed })}
        />
        <Whole
          label="At a time"
          place="parallel"
          value={draft.parallel}
          low={1}
          high={16}
          faults={faults}
          onChange={(parallel) => onChange({ parallel })}
        />
      </div>
    </div>
  );
}

interface WholeProps {
  label: string;
  place: string;
  value: number;
  low: number;
  high: number;
  faults: readonly Fault[];
  onChange: (value: number) => void;
}

/** A whole number. Out of bounds it is sent as it is: the server says what is wrong with it. */
function Whole({ label, place, value, low, high, faults, onChange }: WholeProps): ReactNode {
  const fault = faultAt(faults, [place]);
  return (
    <div className="text-table text-ink-2">
      <span className="block">{label}</span>
      <span className={clsx("mt-1.5 flex rounded-control border bg-surface", fault ? "border-bad" : "border-line-2")}>
        <SettingField
          id={fieldId([place])}
          label={label}
          value={value}
          low={low}
          high={high}
          step={1}
          isInteger
          canVary={false}
          fault={fault?.message}
          onChange={(setting) => typeof setting === "number" && onChange(setting)}
          className="w-full"
        />
      </span>
      <Complaint faults={faults} place={place} />
    </div>
  );
}

function Complaint({ faults, place }: { faults: readonly Fault[]; place: string }) {
  const fault = faultAt(faults, [place]);
  return fault ? <span className="mt-1 block text-caption text-bad">{fault.message}</span> : null;
}
