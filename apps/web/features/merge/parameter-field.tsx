"use client";
import clsx from "clsx";
import { Icon } from "../../components/icon.tsx";
import { IconButton } from "../../components/ui/button.tsx";
import { Segmented } from "../../components/ui/segmented.tsx";
import { isVarying, type Setting, settingWords } from "../../lib/setting.ts";
import type { Field } from "./fields.ts";
import { SettingField } from "./setting-field.tsx";
import { Slider } from "./slider.tsx";

export const box =
  "relative inline-flex min-h-[30px] max-w-full items-center gap-2 rounded-control border border-line-2 bg-surface px-2.5 text-table focus-within:border-ink-4 phone:min-h-10";

interface Props {
  id: string;
  field: Field;
  value: Setting | undefined;
  fault: string | undefined;
  /** Undefined: back to the method's default. */
  onChange: (value: Setting | undefined) => void;
}

/** One setting of the whole merge, as its schema describes it. */
export function ParameterField({ id, field, value, fault, onChange }: Props) {
  const help = fault ?? field.help ?? undefined;
  const look = clsx(box, fault !== undefined && "border-bad");
  if (field.type !== "number" && value !== undefined && isVarying(value)) {
    return (
      <span id={id} tabIndex={-1} className={look} title={help}>
        <span className="text-ink-3">{field.label}</span>
        <span className="font-medium wrap-anywhere">{settingWords(value)}</span>
        <IconButton label={`Drop ${field.label}`} onClick={() => onChange(undefined)} className="-mr-1.5 size-6 phone:size-8">
          <Icon name="cross" className="size-3" />
        </IconButton>
      </span>
    );
  }
  switch (field.type) {
    case "number": {
      const { low, high } = field;
      return (
        <span className={look} title={help}>
          <span className="text-ink-3">{field.label}</span>
          {low !== null && high !== null && high - low <= 2 && high - low >= 50 * field.step && !isVarying(value) && (
            <Slider
              label={field.label}
              value={typeof value === "number" ? value : (field.initial ?? low)}
              low={low}
              high={high}
              onChange={onChange}
              colour="var(--ink)"
              className="w-24"
            />
          )}
          <SettingField
            id={id}
            label={field.label}
            value={value ?? null}
            placeholder={field.initial}
            low={low}
            high={high}
            step={field.step}
            isInteger={field.isInteger}
            help={field.help ?? undefined}
            fault={fault}
            onChange={(setting) => onChange(setting ?? undefined)}
            className="-mr-1.5 w-14"
          />
        </span>
      );
    }
    case "boolean":
      return (
        <label className={clsx(look, "cursor-pointer")} title={help}>
          <input
            id={id}
            type="checkbox"
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
            className="size-3.5 accent-(--ink)"
          />
          <span className="font-medium">{field.label}</span>
        </label>
      );
    case "choice":
      // A choice of one is none.
      if (field.options.length < 2) return null;
      return (
        <span
          id={id}
          tabIndex={-1}
          className="inline-flex max-w-full flex-wrap items-center gap-x-2 gap-y-1 text-table"
          title={help}
        >
          <span className={fault === undefined ? "text-ink-3" : "text-bad"}>{field.label}</span>
          <Segmented
            label={field.label}
            value={String(value ?? field.initial ?? "")}
            onChange={onChange}
            options={field.options.map((option) => ({ value: option, label: option }))}
          />
        </span>
      );
    case "text":
      return (
        <label className={look} title={help}>
          <span className="text-ink-3">{field.label}</span>
          <input
            id={id}
            value={typeof value === "string" ? value : ""}
            placeholder={field.initial ?? undefined}
            onChange={(event) => onChange(event.target.value || undefined)}
            aria-invalid={fault !== undefined || undefined}
            spellCheck={false}
            className="w-40 bg-transparent font-medium outline-none"
          />
        </label>
      );
  }
}
