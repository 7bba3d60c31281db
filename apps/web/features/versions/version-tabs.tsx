"use client";
import clsx from "clsx";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { integer } from "../../lib/format.ts";

interface Props {
  path: string;
  counts: { evaluations: number; statistics: number; tensors: number; files: number };
  hasRecipe: boolean;
}

/** Tabs by the last part of the address, so that an alias in the address stays there. */
export function VersionTabs({ path, counts, hasRecipe }: Props) {
  const current = usePathname();
  const parts = current.split("/");
  const prefix = parts.slice(0, 5).join("/") || path;
  const active = parts[5] ?? "";
  const tabs = [
    { id: "", label: "Overview" },
    { id: "lineage", label: "Lineage" },
    { id: "evaluations", label: "Evaluations", count: counts.evaluations },
    { id: "statistics", label: "Statistics", count: counts.statistics },
    ...(hasRecipe ? [{ id: "recipe", label: "Recipe" }] : []),
    { id: "tensors", label: "Tensors", count: counts.tensors },
    { id: "files", label: "Files", count: counts.files },
  ];
  return (
    <nav aria-label="Version" className="scroll-x -mx-px mb-4 flex gap-[22px] border-line border-b text-table phone:gap-[18px]">
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          href={tab.id ? `${prefix}/${tab.id}` : prefix}
          aria-current={active === tab.id ? "page" : undefined}
          className={clsx(
            "px-px pt-2 pb-[9px] whitespace-nowrap",
            active === tab.id ? "font-medium text-ink shadow-[inset_0_-2px_var(--ink)]" : "text-ink-3 hover:text-ink",
          )}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && (
            <span className="num ml-1 text-[11.5px] font-normal text-ink-3">{integer(tab.count)}</span>
          )}
        </Link>
      ))}
    </nav>
  );
}
