import { type Strand, shares } from "./geometry.ts";

/** The parents of a merge as one bar; segments by share of the summed absolute coefficients. */
export function MixtureStrip({
  strands,
  className = "w-[84px]",
  thick = false,
}: {
  strands: readonly Strand[];
  className?: string;
  thick?: boolean;
}) {
  const parts = shares(strands);
  if (parts.length === 0) return null;
  return (
    <span
      role="img"
      aria-label={`Made of ${strands.map((strand) => strand.label).join(", ")}`}
      className={`keep-colour flex gap-px overflow-hidden ${thick ? "h-2 rounded-[4px]" : "h-[5px] rounded-[3px]"} ${className}`}
    >
      {parts.map((part) => (
        <i
          key={part.key}
          className="block h-full min-w-0.5"
          style={{
            flex: part.share,
            ...(part.isHollow ? { boxShadow: `inset 0 0 0 1px ${part.colour}` } : { background: part.colour }),
          }}
        />
      ))}
    </span>
  );
}
