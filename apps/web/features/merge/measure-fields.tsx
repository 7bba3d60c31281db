"use client";
import { useState } from "react";
import type { Draft } from "./draft.ts";
import { fieldId } from "./fault-place.ts";
import type { MeasureDraft } from "./measure-draft.ts";
import type { Fault } from "./preflight.tsx";

interface Props {
  draft: Draft;
  ofBase: boolean;
  tasks: readonly { value: string; label: string }[];
  faults: readonly Fault[];
  onChange: (measure: MeasureDraft) => void;
}

const control =
  "h-8 min-w-0 rounded-control border border-line-2 bg-surface px-2 text-table text-ink outline-none focus-visible:outline-2 aria-invalid:border-bad phone:h-10";

/** On which task each model is measured, for methods that need it. Open once something about it is wrong. */
export function MeasureFields({ draft, ofBase, tasks, faults, onChange }: Props) {
  const { measure, parents } = draft;
  const [text, setText] = useState<string | null>(null);
  const places = faults.filter(({ path }) => path[0] === "statistics").map(({ path }) => path.join(" "));
  const setTask = (model: string) => (task: string) => {
    const { [model]: _old, ...others } = measure.tasks;
    onChange({ ...measure, tasks: task === "" ? others : { ...others, [model]: task } });
  };
  const count = (typed: string) => {
    setText(typed);
    const value = /^\d{1,6}$/.test(typed) ? Number(typed) : 0;
    if (value > 0 || typed === "") onChange({ ...measure, examples: value || null });
  };
  return (
    <details className="group border-line border-t px-4 py-2.5" open={places.length > 0 || undefined}>
      <summary className="cursor-pointer text-table text-ink-2">Measured on</summary>
      <div className="mt-2 flex flex-col gap-2">
        {parents.map(({ model }, i) => (
          <TaskRow
            key={model}
            label={model}
            place={["statistics", "tasks", `${i}`]}
            value={measure.tasks[model] ?? ""}
            otherwise="its own task"
            {...{ tasks, places }}
            onChange={setTask(model)}
          />
        ))}
        {ofBase && (
          <TaskRow
            label={draft.base ?? "base"}
            place={["statistics", "baseTask"]}
            value={measure.baseTask ?? ""}
            otherwise="choose a task"
            {...{ tasks, places }}
            onChange={(task) => onChange({ ...measure, baseTask: task || null })}
          />
        )}
        <label className="flex items-center justify-between gap-2 text-table">
          Examples of each task
          <input
            id={fieldId(["statistics", "examples"])}
            inputMode="numeric"
            className={`${control} num w-[84px] text-right`}
            placeholder="128"
            value={text ?? measure.examples ?? ""}
            onChange={(event) => count(event.target.value.trim())}
            onBlur={() => setText(null)}
          />
        </label>
      </div>
    </details>
  );
}

interface RowProps {
  label: string;
  /** Of the input, where faults are told at */
  place: readonly string[];
  places: readonly string[];
  value: string;
  otherwise: string;
  tasks: Props["tasks"];
  onChange: (task: string) => void;
}

function TaskRow({ label, place, places, value, otherwise, tasks, onChange }: RowProps) {
  const id = fieldId(place);
  return (
    <div className="flex items-center justify-between gap-2 text-table">
      <label htmlFor={id} className="min-w-0 truncate">
        {label}
      </label>
      <select
        id={id}
        className={`${control} w-[168px] flex-none`}
        value={value}
        aria-invalid={places.includes(place.join(" ")) || undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{otherwise}</option>
        {tasks.map((task) => (
          <option key={task.value} value={task.value}>
            {task.label}
          </option>
        ))}
      </select>
    </div>
  );
}
