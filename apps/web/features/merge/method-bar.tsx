"use client";
import clsx from "clsx";
import { useState } from "react";
import { Icon } from "../../components/icon.tsx";
import { IconButton } from "../../components/ui/button.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import type { Setting } from "../../lib/setting.ts";
import { type Draft, dtypes } from "./draft.ts";
import { faultAt, fieldId } from "./fault-place.ts";
import type { Form } from "./form-of.ts";
import { MethodHelp } from "./method-help.tsx";
import { type Method, MethodPicker } from "./method-picker.tsx";
import { OtherParts } from "./other-parts.tsx";
import { box, ParameterField } from "./parameter-field.tsx";
import type { Fault } from "./preflight.tsx";
import { SettingField } from "./setting-field.tsx";
import { VersionPicker } from "./version-picker.tsx";

interface Props {
  draft: Draft;
  method: Method;
  methods: readonly Method[];
  form: Form;
  choices: readonly ChoiceFragment[];
  faults: readonly Fault[];
  onMethod: (method: Method) => void;
  onChange: (change: Partial<Draft>) => void;
}

/** Method and base, then only the settings this method declares. */
export function MethodBar({ draft, method, methods, form, choices, faults, onMethod, onChange }: Props) {
  const [picking, setPicking] = useState<"method" | "base" | null>(null);
  const [isExplained, setExplained] = useState(false);
  const faultOf = (...place: string[]) => faultAt(faults, place)?.message;
  const setParameter = (name: string, value: Setting | undefined) => {
    const { [name]: _was, ...rest } = draft.parameters;
    onChange({ parameters: value === undefined ? rest : { ...rest, [name]: value } });
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2.5">
        <button
          type="button"
          id={fieldId(["method"])}
          onClick={() => setPicking("method")}
          className={clsx(box, "hover:bg-hover", faultOf("method") && "border-bad")}
        >
          <span className="text-ink-3">Method</span>
          <span className="font-medium">{method.title}</span>
          <Icon name="chevron" className="size-3 text-ink-3" />
        </button>
        <BaseButton draft={draft} method={method} choices={choices} fault={faultOf("base")} onPick={() => setPicking("base")}>
          {method.base === "OPTIONAL" && draft.base && (
            <IconButton
              label="Without a base"
              onClick={() => onChange({ base: null })}
              className="size-6 text-ink-3 phone:size-10"
            >
              <Icon name="cross" className="size-3" />
            </IconButton>
          )}
        </BaseButton>
        <button
          type="button"
          aria-expanded={isExplained}
          onClick={() => setExplained(!isExplained)}
          className="link ml-auto min-h-6 text-caption text-ink-3 phone:ml-0 phone:min-h-10"
        >
          How {method.title} works
        </button>
      </div>
      {isExplained && <MethodHelp method={method} fields={form.parameters} own={form.own} />}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-4 py-2.5">
        {form.parameters.map((field) => (
          <ParameterField
            key={`${method.name}.${field.name}`}
            id={fieldId(["parameters", field.name])}
            field={field}
            value={form.values[field.name]}
            fault={faultOf("parameters", field.name)}
            onChange={(value) => setParameter(field.name, value)}
          />
        ))}
        <StoredAs draft={draft} fault={faultOf("dtype")} onChange={onChange} />
        <span className={clsx(box, faultOf("seed") && "border-bad")}>
          <span className="text-ink-3">Seed</span>
          <SettingField
            id={fieldId(["seed"])}
            label="Seed"
            value={draft.seed}
            low={0}
            step={1}
            isInteger
            canVary={false}
            help="Starts the random draws of methods that drop entries"
            fault={faultOf("seed")}
            onChange={(seed) => typeof seed === "number" && onChange({ seed: Math.max(0, seed) })}
            className="-mr-1.5 w-12"
          />
        </span>
        <OtherParts draft={draft} faults={faults} onChange={onChange} />
      </div>
      <MethodPicker methods={methods} isOpen={picking === "method"} onClose={() => setPicking(null)} onPick={onMethod} />
      <VersionPicker
        label="Choose the base"
        isOpen={picking === "base"}
        onClose={() => setPicking(null)}
        choices={[...choices].sort((a, b) => Number(b.kind === "BASE") - Number(a.kind === "BASE"))}
        taken={new Set()}
        onPick={(ref) => onChange({ base: ref })}
      />
    </>
  );
}

interface BaseProps {
  draft: Draft;
  method: Method;
  choices: readonly ChoiceFragment[];
  fault: string | undefined;
  onPick: () => void;
  children: React.ReactNode;
}

function BaseButton({ draft, method, choices, fault, onPick, children }: BaseProps) {
  if (method.base === "NONE") return null;
  const base = choices.find((choice) => choice.ref === draft.base);
  return (
    <span className="inline-flex max-w-full items-center">
      <button
        type="button"
        id={fieldId(["base"])}
        onClick={onPick}
        title={fault}
        className={clsx(box, "min-w-0 hover:bg-hover", fault && "border-bad")}
      >
        <span className="text-ink-3">Base</span>
        {draft.base ? (
          <span className="truncate">
            <span className="font-medium">{base ? `${base.model.namespace}/${base.model.name}` : draft.base}</span>{" "}
            {base && <span className="text-ink-3">v{base.number}</span>}
          </span>
        ) : method.base === "REQUIRED" ? (
          <span className="font-medium text-warn">choose</span>
        ) : (
          <span className="font-medium">none</span>
        )}
      </button>
      {children}
    </span>
  );
}

function StoredAs({ draft, fault, onChange }: { draft: Draft; fault: string | undefined; onChange: Props["onChange"] }) {
  return (
    <label className={clsx(box, fault && "border-bad")} title={fault}>
      <span className="text-ink-3">Stored as</span>
      <select
        id={fieldId(["dtype"])}
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
  );
}
