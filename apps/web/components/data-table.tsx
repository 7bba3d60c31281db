import clsx from "clsx";
import Link from "next/link";
import type { ReactNode } from "react";

export interface Column<Row> {
  key: string;
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: "right";
  /** Dropped first when the window narrows. */
  isSecondary?: boolean;
  className?: string;
}

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Where Enter and a click on the row lead. */
  hrefOf?: (row: Row) => string;
  /** The same row as two or three lines on a phone. */
  phone: (row: Row) => ReactNode;
  rowHeight?: number;
  empty: ReactNode;
}

/** Rows with real headers on a desk, lines on a phone. The first column's link covers the row. */
export function DataTable<Row>({ label, columns, rows, keyOf, hrefOf, phone, rowHeight = 44, empty }: Props<Row>) {
  if (rows.length === 0) return <>{empty}</>;
  return (
    <>
      <table className="w-full border-collapse text-table phone:hidden" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={cellClass(column, "h-9 border-line border-b text-caption font-medium text-ink-3")}
              >
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              className={clsx(
                "border-line border-b last:border-b-0",
                hrefOf && "relative hover:bg-hover has-[a:focus-visible]:bg-hover",
              )}
            >
              {columns.map((column, i) => (
                <td key={column.key} className={cellClass(column, "")} style={{ height: rowHeight }}>
                  {i === 0 && hrefOf ? (
                    <Link href={hrefOf(row)} data-row className="block after:absolute after:inset-0">
                      {column.cell(row)}
                    </Link>
                  ) : (
                    column.cell(row)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="desk:hidden" aria-label={label}>
        {rows.map((row) => (
          <li key={keyOf(row)} className="border-line border-t first:border-t-0">
            {hrefOf ? (
              <Link href={hrefOf(row)} className="block px-4 py-3 active:bg-hover">
                {phone(row)}
              </Link>
            ) : (
              <div className="px-4 py-3">{phone(row)}</div>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function cellClass<Row>(column: Column<Row>, extra: string): string {
  return clsx(
    "px-2.5 first:pl-4 last:pr-4",
    column.align === "right" ? "text-right" : "text-left",
    column.isSecondary && "narrow:hidden",
    column.className,
    extra,
  );
}
