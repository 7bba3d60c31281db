"use client";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useEffect, useRef, useState, useTransition } from "react";
import { Icon } from "./icon.tsx";

const waitMs = 200;

/** Filters the page by a parameter of its address, a moment after the last key. `/` brings the cursor here. */
export function SearchField({
  label,
  parameter = "q",
  className = "w-[240px]",
}: {
  label: string;
  parameter?: string;
  className?: string;
}) {
  const router = useRouter();
  const path = usePathname();
  const query = useSearchParams();
  const [text, setText] = useState(query.get(parameter) ?? "");
  const [isPending, startTransition] = useTransition();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const given = query.get(parameter) ?? "";
  // "Clear filters" and the back button change the address from outside; what is being typed is not in it yet.
  useEffect(() => {
    if (timer.current === undefined) setText((shown) => (shown.trim() === given ? shown : given));
  }, [given]);

  const change = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      const next = new URLSearchParams(query);
      next.delete("after");
      if (value.trim()) next.set(parameter, value.trim());
      else next.delete(parameter);
      startTransition(() => router.replace(next.size ? `${path}?${next}` : path, { scroll: false }));
    }, waitMs);
  };

  return (
    <label
      className={`flex h-8 items-center gap-2 rounded-control border border-line-2 bg-surface px-2.5 text-ink-3 focus-within:border-ink-4 phone:h-10 phone:w-full ${className}`}
    >
      <Icon name="search" className={`size-3.5 ${isPending ? "pulse" : ""}`} />
      <span className="sr-only">{label}</span>
      <input
        type="search"
        data-page-filter
        value={text}
        onChange={(event) => change(event.target.value)}
        placeholder={label}
        className="min-w-0 flex-1 bg-transparent text-table text-ink outline-none"
      />
    </label>
  );
}
