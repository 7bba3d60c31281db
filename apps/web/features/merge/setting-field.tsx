"use client";
import { useState } from "react";
import { isVarying, parseSetting, type Setting, settingWords, writeSetting } from "../../lib/setting.ts";

interface Props {
  id?: string;
  label: string;
  value: Setting | null;
  /** Null when the field was emptied and has a default to fall back to. */
  onChange: (value: Setting | null) => void;
  /** The default, shown while nothing is set. */
  placeholder?: number | null;
  low?: number | null;
  high?: number | null;
  step?: number;
  isInteger?: boolean;
  /** Whether it may run over the layers or differ by tensor. */
  canVary?: boolean;
  className?: string;
  help?: string | undefined;
  fault?: string | undefined;
}

/** Of a field that varies, in ch: two of them stand in a line of a parent. */
const widest = 16;

/** A number, or how it varies: 0.2 → 1, or mlp: 0.2, else 0.6. What is half-typed stays in the field and is not passed on. */
export function SettingField(props: Props) {
  const { label, value, onChange, low, high, step = 0.01, isInteger = false, canVary = true, className = "w-14" } = props;
  const [text, setText] = useState<string | null>(null);
  const number = typeof value === "number" ? value : null;
  const rest = value === null ? "" : written(value, step);
  const isUnread = text !== null && text.trim() !== "" && read(text, canVary) === null;

  const type = (typed: string) => {
    setText(typed);
    const setting = read(typed, canVary);
    if (setting !== null) onChange(isInteger && typeof setting === "number" ? Math.round(setting) : setting);
    else if (typed.trim() === "" && props.placeholder !== undefined) onChange(null);
  };
  const move = (by: number) => {
    setText(null);
    const next = (number ?? props.placeholder ?? 0) + by * step;
    onChange(Number(Math.min(high ?? next, Math.max(low ?? next, next)).toPrecision(12)));
  };
  return (
    <input
      type="text"
      id={props.id}
      role="spinbutton"
      inputMode={isVarying(value) ? "text" : "decimal"}
      spellCheck={false}
      autoComplete="off"
      aria-label={label}
      aria-valuenow={number ?? undefined}
      aria-valuetext={isVarying(value) && value !== null ? settingWords(value) : undefined}
      aria-valuemin={low ?? undefined}
      aria-valuemax={high ?? undefined}
      aria-invalid={isUnread || props.fault !== undefined || undefined}
      title={props.fault ?? (isVarying(value) && value !== null ? settingWords(value) : props.help)}
      placeholder={props.placeholder == null ? undefined : written(props.placeholder, step)}
      value={text ?? rest}
      onChange={(event) => type(event.target.value)}
      onBlur={() => setText(null)}
      onKeyDown={(event) => {
        const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (!direction || isVarying(value)) return;
        event.preventDefault();
        move(direction * (event.shiftKey ? 10 : 1));
      }}
      style={isVarying(value) ? { width: `${Math.min(widest, (text ?? rest).length + 3)}ch` } : undefined}
      className={`num h-7 max-w-full rounded-[6px] border border-transparent bg-transparent px-1.5 text-right text-[12.5px] font-medium hover:border-line-2 focus:border-line-2 aria-invalid:border-bad phone:h-10 ${className}`}
    />
  );
}

function read(text: string, canVary: boolean): Setting | null {
  const setting = parseSetting(text);
  return !canVary && isVarying(setting) ? null : setting;
}

/** Two decimals and a true minus at rest; more decimals only when they were asked for. */
function written(value: Setting, step: number): string {
  if (typeof value !== "number") return writeSetting(value);
  const exact = Number(value.toPrecision(12));
  const text = step >= 1 || Number(exact.toFixed(2)) !== exact ? String(exact) : exact.toFixed(2);
  return text.replaceAll("-", "−");
}
