export function Skeleton({ className }: { className: string }) {
  return <span aria-hidden="true" className={`skeleton block ${className}`} />;
}

/** Rows of the height the real table will have. */
export function SkeletonRows({ rows, height = 44 }: { rows: number; height?: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => i).map((i) => (
        <div key={i} className="flex items-center gap-4 border-line border-t px-4 first:border-t-0" style={{ height }}>
          <Skeleton className="size-4 rounded-full" />
          <Skeleton className="h-3 w-[22%]" />
          <Skeleton className="h-3 w-[12%] phone:hidden" />
          <Skeleton className="ml-auto h-3 w-[9%]" />
          <Skeleton className="h-3 w-[7%]" />
        </div>
      ))}
    </div>
  );
}

/** Says once, for those who cannot see the grey, that something is on its way. */
export function Loading({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div aria-busy="true">
      <span className="sr-only" role="status">
        {label}
      </span>
      {children}
    </div>
  );
}
