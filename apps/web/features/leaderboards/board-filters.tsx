import Link from "next/link";
import { kindLabel } from "../../components/kind-glyph.tsx";
import { QuerySelect } from "../../components/query-select.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { SegmentedLinks } from "../../components/ui/segmented.tsx";
import { methodTitle } from "../versions/recipe-facts.ts";
import { type Board, modes, taskLabel } from "./board.ts";
import { type BoardView, isFiltered, viewPath } from "./board-view.ts";

interface Props {
  board: Board;
  view: BoardView;
  path: string;
}

export function BoardFilters({ board, view, path }: Props) {
  const withAny = (any: string, options: { value: string; label: string }[]) => [{ value: "", label: any }, ...options];
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField label="Filter by name or method" className="w-[220px]" />
      <div className="scroll-x -mx-4 flex min-w-0 items-center gap-2 px-4 desk:mx-0 desk:px-0">
        <QuerySelect
          label="Kind"
          parameter="kind"
          options={withAny(
            "all",
            board.kinds.map((kind) => ({ value: kind.toLowerCase(), label: kindLabel(kind) })),
          )}
        />
        {board.methods.length > 0 && (
          <QuerySelect
            label="Method"
            parameter="method"
            options={withAny(
              "all",
              board.methods.map((method) => ({ value: method, label: methodTitle(method) })),
            )}
          />
        )}
        {board.namespaces.length > 1 && (
          <QuerySelect
            label="Namespace"
            parameter="ns"
            options={withAny(
              "all",
              board.namespaces.map((name) => ({ value: name, label: name })),
            )}
          />
        )}
        <QuerySelect label="Sort" parameter="sort" options={sortOptions(board)} className="desk:hidden" />
        {board.tasks.every((task) => task.splits.some(({ purpose }) => purpose === "SEARCH")) && (
          <QuerySelect
            label="Split"
            parameter="split"
            options={[
              { value: "", label: "report" },
              { value: "search", label: "search" },
            ]}
          />
        )}
        {isFiltered(view) && (
          <Link
            href={viewPath(path, view, { kind: null, method: null, namespace: null, text: null })}
            className="link px-1 text-table whitespace-nowrap text-ink-2"
          >
            Clear filters
          </Link>
        )}
      </div>
      <div className="ml-auto phone:ml-0">
        <SegmentedLinks
          label="What the cells show"
          value={view.mode}
          options={modes.map(({ value, label }) => ({
            value,
            label,
            href: viewPath(path, view, { mode: value, page: view.page }),
          }))}
        />
      </div>
    </div>
  );
}

function sortOptions(board: Board) {
  return [
    { value: "", label: "rank" },
    { value: "normalised", label: "by expert's score" },
    { value: "worst", label: "worst task" },
    { value: "name", label: "name" },
    { value: "method", label: "method" },
    ...board.tasks.map((task) => ({ value: `task:${task.name}`, label: taskLabel(task, 20) })),
  ];
}
