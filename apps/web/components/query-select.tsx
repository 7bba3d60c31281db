"use client";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useTransition } from "react";
import { Icon } from "./icon.tsx";

interface Props {
  label: string;
  /** Of the address; the first option stands for its absence. */
  parameter: string;
  options: readonly { readonly value: string; readonly label: string }[];
  className?: string;
}

/** A choice that lives in the address. It starts over at the first page. */
export function QuerySelect({ label, parameter, options, className = "" }: Props) {
  const router = useRouter();
  const path = usePathname();
  const query = useSearchParams();
  const [isPending, startTransition] = useTransition();
  const value = query.get(parameter) ?? "";

  const change = (next: string) => {
    const changed = new URLSearchParams(query);
    changed.delete("page");
    if (next) changed.set(parameter, next);
    else changed.delete(parameter);
    startTransition(() => router.replace(changed.size ? `${path}?${changed}` : path, { scroll: false }));
  };

  return (
    <label
      className={`relative inline-flex h-8 flex-none items-center gap-1.5 rounded-control border border-line-2 bg-surface pl-2.5 text-table text-ink-3 focus-within:border-ink-4 hover:bg-hover phone:h-10 ${isPending ? "opacity-60" : ""} ${className}`}
    >
      {label}
      <select
        value={options.some((option) => option.value === value) ? value : (options[0]?.value ?? "")}
        onChange={(event) => change(event.target.value)}
        className="h-full max-w-[180px] appearance-none bg-transparent pr-7 font-medium text-ink outline-none"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="chevron" className="pointer-events-none absolute right-2 size-3" />
    </label>
  );
}
