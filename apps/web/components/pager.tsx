import Link from "next/link";
import { Icon } from "./icon.tsx";

const look =
  "inline-flex h-8 items-center gap-1 rounded-control border border-line-2 bg-surface px-2.5 text-table font-medium shadow-1 hover:bg-hover";

/** Pages by cursor: back to the start, and on. */
export function Pager({ shown, first, next }: { shown: string; first: string | null; next: string | null }) {
  if (!first && !next) return null;
  return (
    <nav aria-label="Pages" className="flex items-center gap-2 border-line border-t px-4 py-2.5">
      <span className="num text-caption text-ink-3">{shown}</span>
      <span className="flex-1" />
      {first && (
        <Link className={look} href={first}>
          <Icon name="previous" className="size-3" /> First page
        </Link>
      )}
      {next && (
        <Link className={look} href={next}>
          Next page <Icon name="next" className="size-3" />
        </Link>
      )}
    </nav>
  );
}
