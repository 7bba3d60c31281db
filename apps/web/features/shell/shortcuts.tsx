"use client";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Dialog } from "../../components/ui/dialog.tsx";
import { places } from "./navigation.ts";
import { shortcutGroups } from "./shortcut-list.ts";
import { toggleTheme } from "./theme.ts";

const chordMs = 1200;

/** Single keys, off while typing and while a dialog is open. */
export function Shortcuts() {
  const router = useRouter();
  const [isListOpen, setListOpen] = useState(false);

  useEffect(() => {
    let goUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]"))
        return;
      const isChord = Date.now() < goUntil;
      goUntil = 0;
      const place = isChord ? places.find((candidate) => candidate.key === event.key) : undefined;
      if (place) return router.push(place.href);
      if (event.key === "g") {
        goUntil = Date.now() + chordMs;
        return;
      }
      const act = actions[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    const actions: Record<string, () => void> = {
      n: () => router.push("/merge"),
      t: toggleTheme,
      y: () => void navigator.clipboard.writeText(window.location.href),
      "?": () => setListOpen(true),
      "/": () => document.querySelector<HTMLInputElement>("[data-page-filter]")?.focus(),
      j: () => moveRow(1),
      k: () => moveRow(-1),
      "[": () => document.querySelector<HTMLAnchorElement>("[data-previous]")?.click(),
      "]": () => document.querySelector<HTMLAnchorElement>("[data-next]")?.click(),
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [router]);

  return (
    <Dialog label="Keyboard shortcuts" isOpen={isListOpen} onClose={() => setListOpen(false)} className="w-[640px]">
      <div className="max-h-[70vh] overflow-y-auto p-5">
        <h2 className="mb-3 text-section">Keyboard shortcuts</h2>
        <div className="grid grid-cols-2 gap-x-8 gap-y-5 phone:grid-cols-1">
          {shortcutGroups.map((group) => (
            <section key={group.title}>
              <h3 className="mb-1 text-caption text-ink-3">{group.title}</h3>
              {group.items.map((item) => (
                <div key={item.does} className="flex h-8 items-center justify-between gap-3 text-table">
                  <span>{item.does}</span>
                  <span className="flex gap-1">
                    {item.keys.map((key) => (
                      <Key key={key}>{key}</Key>
                    ))}
                  </span>
                </div>
              ))}
            </section>
          ))}
        </div>
      </div>
    </Dialog>
  );
}

function Key({ children }: { children: string }) {
  return (
    <kbd className="rounded-[4px] border border-line bg-surface px-[5px] font-sans text-axis leading-4 font-medium text-ink-3">
      {children}
    </kbd>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function moveRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("a[data-row]")].filter((row) => row.checkVisibility());
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.focus();
}
