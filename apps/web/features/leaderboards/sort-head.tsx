import Link from "next/link";
import type { ReactNode } from "react";
import { Icon } from "../../components/icon.tsx";
import { type BoardView, type SortBy, sortName, viewPath } from "./board-view.ts";

interface Props {
  path: string;
  view: BoardView;
  sort: SortBy;
  children: ReactNode;
  title?: string;
}

const isCurrent = (view: BoardView, sort: SortBy) => sortName(view.sort) === sortName(sort);

/** Best first is from the highest down, but for text and for scores of which less is better. */
export function ariaSort(view: BoardView, sort: SortBy, isUpwards = false): "ascending" | "descending" | "none" {
  if (!isCurrent(view, sort)) return "none";
  return view.isReversed === isUpwards ? "descending" : "ascending";
}

/** The head of a column as a link that sorts by it, the other way round when it already does. */
export function SortHead({ path, view, sort, children, title }: Props) {
  const isOn = isCurrent(view, sort);
  return (
    <Link
      href={viewPath(path, view, { sort, isReversed: isOn && !view.isReversed })}
      scroll={false}
      title={title}
      className={`inline-flex max-w-full items-center gap-0.5 hover:text-ink ${isOn ? "text-ink" : ""}`}
    >
      <span className="truncate">{children}</span>
      {isOn && <Icon name="chevron" className={`size-3 ${view.isReversed ? "rotate-180" : ""}`} />}
    </Link>
  );
}
