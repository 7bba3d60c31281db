import type { ReactNode } from "react";

/** What will be here, and how to fill it. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center justify-center gap-1.5 px-6 py-12 text-center">
      <p className="text-body font-medium">{title}</p>
      {/* As wide as there is room: a long command inside is cut, and does not push the page apart. */}
      {children && <div className="w-full max-w-[460px] text-table text-ink-2">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
