"use client";
import { useEffect, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { mostCompared, picksForm } from "./comparison.ts";

interface Props {
  suite: { namespace: string; name: string };
  isSearch: boolean;
}

/**
 * Compares the rows that are ticked. A plain form whose address is the comparison; with scripts it stays out of the way until two
 * rows are ticked, and says when they are too many.
 */
export function ComparePicks({ suite, isSearch }: Props) {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const boxes = () => [...document.querySelectorAll<HTMLInputElement>(`input[form="${picksForm}"]`)];
    const onChange = ({ target }: Event) => {
      if (!(target instanceof HTMLInputElement) || target.getAttribute("form") !== picksForm) return;
      // Table and list show the same rows, one of them at a time.
      setPicked(new Set(boxes().flatMap((box) => (box.checked ? [box.value] : []))));
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || !(event.target instanceof HTMLElement)) return;
      if (event.key === "c" && !/^(TEXTAREA|SELECT)$/.test(event.target.tagName) && !isText(event.target))
        document.querySelector<HTMLButtonElement>(`#${picksForm} button[type=submit]:enabled`)?.click();
      if (event.key === "x")
        event.target.closest("tr, li")?.querySelector<HTMLInputElement>(`input[form="${picksForm}"]`)?.click();
    };
    document.addEventListener("change", onChange);
    document.addEventListener("keydown", onKey);
    setPicked(new Set(boxes().flatMap((box) => (box.checked ? [box.value] : []))));
    return () => {
      document.removeEventListener("change", onChange);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  const count = picked.size;
  const words =
    count > mostCompared
      ? `${count} chosen; ${mostCompared} at most can be compared`
      : count === 1
        ? "1 chosen; tick one more"
        : `${count} chosen`;
  const clear = () => {
    for (const box of document.querySelectorAll<HTMLInputElement>(`input[form="${picksForm}"]`)) box.checked = false;
    setPicked(new Set());
  };
  return (
    <form
      id={picksForm}
      action="/compare"
      hidden={count === 0}
      className="sticky bottom-3 z-10 mx-auto mt-3 flex w-fit items-center gap-3 rounded-card border border-line bg-raised py-2 pr-2 pl-4 text-table shadow-2 [&[hidden]]:hidden phone:bottom-[68px]"
    >
      <input type="hidden" name="suite" value={`${suite.namespace}/${suite.name}`} />
      {isSearch && <input type="hidden" name="split" value="search" />}
      <span role="status" className="num">
        {words}
      </span>
      <Button look="quiet" onClick={clear}>
        Clear
      </Button>
      <Button type="submit" disabled={count < 2 || count > mostCompared}>
        Compare
      </Button>
    </form>
  );
}

const isText = (target: HTMLElement): boolean =>
  target instanceof HTMLInputElement && !/^(checkbox|radio|button)$/.test(target.type);
