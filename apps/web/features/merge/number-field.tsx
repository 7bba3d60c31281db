"use client";
import { useState } from "react";

interface Props {
  label: string;
  value: number | null;
  onChange: (value: number) => void;
  low?: number | null;
  high?: number | null;
  step?: number;
  className?: string;
  isInvalid?: boolean;
}

/** A number that may be half-typed: what is not a number yet stays in the field and is not passed on. */
export function NumberField({ label, value, onChange, low, high, step = 0.01, className = "w-16", isInvalid }: Props) {
  const [text, setText] = useState<string | null>(null);
  return (
    <input
      type="text"
      inputMode="decimal"
      role="spinbutton"
      aria-label={label}
      aria-valuenow={value ?? undefined}
      aria-valuemin={low ?? undefined}
      aria-valuemax={high ?? undefined}
      aria-invalid={isInvalid || undefined}
      value={text ?? written(value, step)}
      onChange={(event) => {
        setText(event.target.value);
        const number = Number(event.target.value.replace("−", "-").replace(",", "."));
        if (event.target.value.trim() !== "" && Number.isFinite(number)) onChange(number);
      }}
      onBlur={() => setText(null)}
      onKeyDown={(event) => {
        const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (!direction) return;
        event.preventDefault();
        setText(null);
        const next = (value ?? 0) + direction * step * (event.shiftKey ? 10 : 1);
        onChange(Number(Math.min(high ?? Number.POSITIVE_INFINITY, Math.max(low ?? Number.NEGATIVE_INFINITY, next)).toFixed(6)));
      }}
      className={`num h-7 rounded-[6px] border border-transparent bg-transparent px-1.5 text-right text-[12.5px] font-medium hover:border-line-2 focus:border-line-2 aria-invalid:border-bad phone:h-10 ${className}`}
    />
  );
}

/** Two decimals and a true minus at rest; more decimals only when they were asked for. */
function written(value: number | null, step: number): string {
  if (value === null) return "";
  const exact = Number(value.toFixed(6));
  const text = step >= 1 || Number(exact.toFixed(2)) !== exact ? String(exact) : exact.toFixed(2);
  return text.replace("-", "−");
}
