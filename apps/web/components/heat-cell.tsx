const text = [
  "text-ink",
  "text-ink",
  "text-ink",
  "text-ink",
  "text-ink",
  "text-(--qt5)",
  "text-(--qt6)",
  "text-(--qt6)",
  "text-(--qt6)",
];

/** A number on the sequential scale; `level` 0 to 1, null for "no value". */
export function HeatCell({ children, level, title }: { children: React.ReactNode; level: number | null; title?: string }) {
  if (level === null) {
    return (
      <span
        title={title}
        className="num grid h-full min-h-[24px] place-items-center rounded-cell border border-line border-dashed text-[12px] text-ink-3"
      >
        {children}
      </span>
    );
  }
  const step = heatStep(level);
  return (
    <span
      title={title}
      className={`keep-colour num grid h-full min-h-[24px] place-items-center rounded-cell text-[12.5px] ${text[step]}`}
      style={{ background: `var(--q${step})` }}
    >
      {children}
    </span>
  );
}

function heatStep(level: number): number {
  return Math.max(0, Math.min(8, Math.round(level * 8)));
}

/** The scale itself, for a legend. */
export function HeatRamp() {
  return (
    <span className="keep-colour mx-1.5 inline-flex overflow-hidden rounded-[3px] align-[-2px]" aria-hidden="true">
      {[0, 1, 2, 3, 4, 5, 6, 7, 8].map((step) => (
        <i key={step} className="h-2.5 w-3.5" style={{ background: `var(--q${step})` }} />
      ))}
    </span>
  );
}
