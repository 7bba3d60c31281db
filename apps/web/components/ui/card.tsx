import clsx from "clsx";
import type { ReactNode } from "react";

export function Card({ children, className, label }: { children: ReactNode; className?: string; label?: string }) {
  return (
    <section aria-label={label} className={clsx("min-w-0 rounded-card border border-line bg-surface", className)}>
      {children}
    </section>
  );
}

interface HeadProps {
  title: ReactNode;
  note?: ReactNode;
  children?: ReactNode;
}

/** Title, one quiet note, and what stands at the right. */
export function CardHead({ title, note, children }: HeadProps) {
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 px-4 pt-2.5 pb-1">
      <h2 className="text-table">{title}</h2>
      {note && <span className="text-caption text-ink-3">{note}</span>}
      <div className="ml-auto flex items-center gap-3">{children}</div>
    </div>
  );
}
