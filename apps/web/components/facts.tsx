import type { ReactNode } from "react";

/** Label and value, one pair a line. */
export function Facts({ items }: { items: { label: string; value: ReactNode }[] }) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-2 text-table">
      {items.map((item) => (
        <div key={item.label} className="contents">
          <dt className="text-ink-3">{item.label}</dt>
          <dd className="min-w-0 text-right wrap-anywhere">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
