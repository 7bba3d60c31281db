"use client";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from "react";
import { Icon } from "./icon.tsx";

export interface Pick {
  id: string;
  /** What the search looks at. */
  text: string;
  content: ReactNode;
  group?: string;
  isDisabled?: boolean;
}

interface Props {
  label: string;
  placeholder: string;
  picks: readonly Pick[];
  onPick: (pick: Pick) => void;
  /** Shown below the list, e.g. while it is still loading. */
  note?: ReactNode;
  /** Shown under the list for the pick that Enter would take. */
  footer?: (current: Pick | undefined) => ReactNode;
}

/** A search field over a list: arrows move, Enter takes. */
export function PickList({ label, placeholder, picks, onPick, note, footer }: Props) {
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(0);
  const listId = useId();
  const found = match(picks, search);
  const current = found[Math.min(active, found.length - 1)];
  useEffect(() => {
    if (current) document.getElementById(`${listId}-${current.id}`)?.scrollIntoView({ block: "nearest" });
  }, [current, listId]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setActive((at) => (Math.min(at, found.length - 1) + step + found.length) % Math.max(1, found.length));
    }
    if (event.key === "Enter" && current && !current.isDisabled) {
      event.preventDefault();
      onPick(current);
    }
  };

  return (
    <div className="flex max-h-[min(560px,70vh)] flex-col">
      <div className="flex items-center gap-2.5 border-line border-b px-4">
        <span className="text-ink-3">
          <Icon name="search" />
        </span>
        <input
          // biome-ignore lint/a11y/noAutofocus: the dialog opens to be typed into
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={current ? `${listId}-${current.id}` : undefined}
          aria-label={label}
          placeholder={placeholder}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          className="h-12 min-w-0 flex-1 bg-transparent text-body outline-none"
        />
      </div>
      <div id={listId} role="listbox" aria-label={label} className="overflow-y-auto p-1.5">
        {groupsOf(found).map(([group, members]) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options, which a fieldset cannot be
          <div key={group} role="group" aria-label={group || label}>
            {group && (
              <p aria-hidden="true" className="px-2.5 pt-2 pb-1 text-caption text-ink-3">
                {group}
              </p>
            )}
            {members.map((pick) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the field
              <div
                key={pick.id}
                id={`${listId}-${pick.id}`}
                role="option"
                aria-selected={pick === current}
                aria-disabled={pick.isDisabled}
                onMouseMove={() => setActive(found.indexOf(pick))}
                onClick={() => !pick.isDisabled && onPick(pick)}
                className="flex min-h-9 cursor-pointer items-center gap-2.5 rounded-control px-2.5 text-table aria-disabled:opacity-50 aria-selected:bg-hover phone:min-h-11"
              >
                {pick.content}
              </div>
            ))}
          </div>
        ))}
        {found.length === 0 && !note && (
          <p className="px-3 py-6 text-center text-table text-ink-3">Nothing matches “{search}”.</p>
        )}
        {note}
      </div>
      {footer && <div className="flex min-h-10 items-center border-line border-t px-4">{footer(current)}</div>}
    </div>
  );
}

/** Neighbours of one group stand together. */
function groupsOf(picks: readonly Pick[]): [string, Pick[]][] {
  const groups: [string, Pick[]][] = [];
  for (const pick of picks) {
    const last = groups.at(-1);
    if (last && last[0] === (pick.group ?? "")) last[1].push(pick);
    else groups.push([pick.group ?? "", [pick]]);
  }
  return groups;
}

/** Every word must occur; picks that start with the search come first. */
function match(picks: readonly Pick[], search: string): Pick[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = picks.filter((pick) => words.every((word) => pick.text.toLowerCase().includes(word)));
  const first = words[0];
  if (!first || found.some((pick) => pick.group)) return found;
  return found.sort((a, b) => Number(b.text.toLowerCase().startsWith(first)) - Number(a.text.toLowerCase().startsWith(first)));
}
