const glyphs = {
  BASE: { label: "Base", path: <circle cx="8" cy="8" r="5" fill="currentColor" stroke="none" /> },
  FINE_TUNED: {
    label: "Fine-tune",
    path: (
      <>
        <circle cx="8" cy="8" r="4.6" />
        <path d="M8 3.4a4.6 4.6 0 0 0 0 9.2Z" fill="currentColor" />
      </>
    ),
  },
  TASK_VECTOR: {
    label: "Task vector",
    path: (
      <>
        <circle cx="4" cy="12" r="1.6" fill="currentColor" stroke="none" />
        <path d="M5 11 12.3 3.7M7.5 3.3h5.2v5.2" />
      </>
    ),
  },
  ADAPTER: {
    label: "Adapter",
    path: (
      <>
        <path d="M5.2 2.8H3v10.4h2.2M10.8 2.8H13v10.4h-2.2" />
        <circle cx="8" cy="8" r="2" fill="currentColor" stroke="none" />
      </>
    ),
  },
  MERGED: { label: "Merge", path: <path d="M1.8 3.2c5 0 4.6 4.8 8.6 4.8M1.8 12.8c5 0 4.6-4.8 8.6-4.8M1.8 8h12.4" /> },
} as const;

export type GlyphKind = keyof typeof glyphs;

export function kindLabel(kind: GlyphKind): string {
  return glyphs[kind].label;
}

/** The kind of a version as a shape that reads without colour. */
export function KindGlyph({ kind, colour, className = "size-4" }: { kind: GlyphKind; colour?: string; className?: string }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      role="img"
      aria-label={glyphs[kind].label}
      className={`keep-colour flex-none ${colour ? "" : "text-ink-2"} ${className}`}
      style={colour ? { color: colour } : undefined}
    >
      {glyphs[kind].path}
    </svg>
  );
}
