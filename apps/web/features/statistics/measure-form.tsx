"use client";
import { type ReactNode, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import type { RequestStatisticsInput } from "../../gql/graphql.ts";
import { parseLambdas } from "./statistic-words.ts";

export interface MeasureFormProps {
  tasks: readonly { value: string; label: string }[];
  /** The task that is chosen first: the version's own, where it has one. */
  task: string;
  /** ref of the version's base; without one only λ = 1 can be measured. */
  base: string | null;
  onAsk: (input: Omit<RequestStatisticsInput, "versions">) => void;
  isAsking: boolean;
  refusal: string | null;
}

const control =
  "mt-1 block h-8 w-full min-w-0 rounded-control border border-line-2 bg-surface px-2 text-table text-ink outline-none focus-visible:outline-2 aria-invalid:border-bad phone:h-10";

const kinds = [
  { value: "FISHER", label: "Fisher information" },
  { value: "GRAM", label: "Gram matrices" },
] as const;

const estimators = [
  { value: "", label: "As the task asks" },
  { value: "EXACT", label: "Exact, over all labels" },
  { value: "EMPIRICAL", label: "Empirical, the true label" },
  { value: "SAMPLED", label: "Sampled labels" },
] as const;

/** What to measure and on what; only what the kind has is asked. */
export function MeasureForm({ tasks, task: first, base, onAsk, isAsking, refusal }: MeasureFormProps) {
  const [kind, setKind] = useState<(typeof kinds)[number]["value"]>("FISHER");
  const [task, setTask] = useState(first);
  const [estimator, setEstimator] = useState<(typeof estimators)[number]["value"]>("");
  const [examples, setExamples] = useState("128");
  const [lambdas, setLambdas] = useState("1");
  const isFisher = kind === "FISHER";
  const count = /^\d{1,7}$/.test(examples) && Number(examples) > 0 ? Number(examples) : null;
  const values = isFisher && base !== null ? parseLambdas(lambdas) : [1];
  const submit = () => {
    if (count === null || values === null) return;
    const where = base !== null && values.some((value) => value !== 1) ? { base } : {};
    onAsk({ kind, task, examples: count, lambdas: values, ...where, ...(isFisher && estimator ? { estimator } : {}) });
  };
  return (
    <form
      className="flex flex-col gap-3 px-5 py-4 text-left"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <h2 className="text-body font-semibold">Measure</h2>
      <Choice label="What" value={kind} options={kinds} onChange={setKind} />
      <Choice label="On the search split of" value={task} options={tasks} onChange={setTask} />
      {isFisher && <Choice label="Over" value={estimator} options={estimators} onChange={setEstimator} />}
      <Field label="Examples" note="the first so many of the split">
        <input
          inputMode="numeric"
          className={control}
          value={examples}
          aria-invalid={count === null || undefined}
          onChange={(event) => setExamples(event.target.value)}
        />
      </Field>
      {isFisher && base !== null && (
        <Field label="λ" note={`1 is the version; 0 its base, ${base}; several for DF-Merge: 0, 0.25, 0.5, 0.75, 1`}>
          <input
            className={control}
            value={lambdas}
            aria-invalid={values === null || undefined}
            onChange={(event) => setLambdas(event.target.value)}
          />
        </Field>
      )}
      {refusal && (
        <p role="alert" className="text-caption text-bad">
          {refusal}
        </p>
      )}
      <div className="mt-1 flex justify-end">
        <Button look="filled" type="submit" disabled={isAsking || count === null || values === null}>
          {isAsking ? "Requesting" : "Measure"}
        </Button>
      </div>
    </form>
  );
}

function Field({ label, note, children }: { label: string; note?: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label className="block text-caption text-ink-3">
      {label}
      {children}
      {note && <span className="mt-1 block text-caption text-ink-3">{note}</span>}
    </label>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { readonly value: Value; readonly label: string }[];
  onChange: (value: Value) => void;
}

function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <Field label={label}>
      <select className={control} value={value} onChange={(event) => onChange(event.target.value as Value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  );
}
