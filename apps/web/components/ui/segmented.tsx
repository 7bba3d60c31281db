"use client";
import clsx from "clsx";
import Link from "next/link";

interface Option {
  value: string;
  label: string;
  href?: string;
}

const shell = "inline-flex flex-none rounded-control border border-line bg-sunken p-0.5";
const item = (isOn: boolean) =>
  clsx(
    "rounded-[6px] px-2.5 py-[3px] text-[12.5px] leading-[18px] whitespace-nowrap phone:py-[7px]",
    isOn ? "bg-raised font-medium text-ink shadow-1" : "text-ink-2 hover:text-ink",
  );

/** Choices whose address is in the URL. */
export function SegmentedLinks({
  label,
  value,
  options,
}: {
  label: string;
  value: string;
  options: (Option & { href: string })[];
}) {
  return (
    <nav aria-label={label} className={shell}>
      {options.map((option) => (
        <Link
          key={option.value}
          href={option.href}
          scroll={false}
          aria-current={option.value === value ? "true" : undefined}
          className={item(option.value === value)}
        >
          {option.label}
        </Link>
      ))}
    </nav>
  );
}

interface Props {
  label: string;
  value: string;
  options: Option[];
  onChange: (value: string) => void;
}

export function Segmented({ label, value, options, onChange }: Props) {
  return (
    <fieldset className={shell}>
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={item(option.value === value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
