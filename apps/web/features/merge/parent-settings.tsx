"use client";
import type { Setting, Settings } from "../../lib/setting.ts";
import { settingWords } from "../../lib/setting.ts";
import { faultAt, fieldId } from "./fault-place.ts";
import type { Field } from "./fields.ts";
import type { Fault } from "./preflight.tsx";
import { SettingField } from "./setting-field.tsx";

interface Props {
  fields: readonly Field[];
  own: Settings;
  index: number;
  /** Of the parent */
  name: string;
  faults: readonly Fault[];
  onOwn: (name: string, value: Setting | undefined) => void;
}

const shell = "inline-flex max-w-full items-center gap-1 text-caption text-ink-3";
const control = "rounded-[6px] border border-line bg-surface text-[12.5px] font-medium text-ink";

/** The settings of one parent beside its weight, compact; an empty one shows the method's default. */
export function ParentSettings({ fields, own, index, name, faults, onOwn }: Props) {
  if (fields.length === 0) return null;
  return (
    <div className="flex min-h-[34px] flex-wrap items-start gap-x-3 gap-y-1 pb-2 pl-[26px]">
      {fields.map((field) => {
        const id = fieldId(["parents", String(index), field.name]);
        const fault = faultAt(faults, ["parents", String(index), field.name])?.message;
        const label = `${field.label} of ${name}`;
        const value = own[field.name] ?? null;
        return (
          <span key={field.name} className={shell} title={fault ?? field.help ?? undefined}>
            {field.label}
            {field.type === "number" ? (
              <SettingField
                id={id}
                label={label}
                value={value}
                placeholder={field.initial}
                low={field.low}
                high={field.high}
                step={field.step}
                isInteger={field.isInteger}
                help={field.help ?? undefined}
                fault={fault}
                onChange={(setting) => onOwn(field.name, setting ?? undefined)}
                className="!h-[26px] w-[52px] border-line! text-ink phone:!h-10"
              />
            ) : field.type === "boolean" && typeof value !== "object" ? (
              <input
                id={id}
                type="checkbox"
                aria-label={label}
                checked={(value ?? field.initial) === true}
                onChange={(event) => onOwn(field.name, event.target.checked)}
                className="size-3.5 accent-(--ink)"
              />
            ) : field.type === "choice" && typeof value !== "object" ? (
              <select
                id={id}
                aria-label={label}
                value={String(value ?? field.initial ?? "")}
                onChange={(event) => onOwn(field.name, event.target.value)}
                className={`h-[26px] px-1.5 phone:h-10 ${control}`}
              >
                {field.options.map((option) => (
                  <option key={option}>{option}</option>
                ))}
              </select>
            ) : (
              <input
                id={id}
                aria-label={label}
                value={value === null ? "" : settingWords(value)}
                readOnly={typeof value === "object" && value !== null}
                onChange={(event) => onOwn(field.name, event.target.value || undefined)}
                className={`h-[26px] w-28 px-1.5 phone:h-10 ${control}`}
              />
            )}
          </span>
        );
      })}
    </div>
  );
}
