import type { ReactNode } from "react";

/** On a phone: how the draft stands, and its button, above the navigation. */
export function BottomBar({ button, children }: { button: ReactNode; children: ReactNode }) {
  return (
    <div className="fixed inset-x-0 bottom-[58px] z-20 flex items-center justify-between gap-3 border-line border-t bg-surface px-4 py-[9px] desk:hidden">
      <p className="num min-w-0 text-caption text-ink-2">{children}</p>
      {button}
    </div>
  );
}
