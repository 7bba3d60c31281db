import { curve, type Fuse } from "./geometry.ts";

interface Props {
  fuse: Fuse;
  height: number;
  /** One sentence for those who do not see the drawing. */
  label: string;
  /** Share of the width where the strands have come together. */
  meet?: number;
  /** 0 to 1 while a run fills the drawing; null when it is whole. */
  progress?: number | null;
  isGhost?: boolean;
}

/**
 * Parents fusing. x runs from 0 to 100 and is stretched to the box while strokes keep their width, so the drawing needs no
 * measuring, looks the same on the server and never scales its marks.
 */
export function Strands({ fuse, height, label, meet = 0.64, progress = null, isGhost = false }: Props) {
  const canvas = (ghost: boolean) => <Paths fuse={fuse} height={height} meet={meet * 100} isGhost={ghost} />;
  return (
    <div className="keep-colour relative w-full" style={{ height }} role="img" aria-label={label}>
      {progress === null ? (
        canvas(isGhost)
      ) : (
        <>
          {canvas(true)}
          <div
            className="absolute inset-0 transition-[clip-path] duration-500 ease-linear"
            style={{ clipPath: `inset(0 ${(1 - progress) * 100}% 0 0)` }}
          >
            {canvas(false)}
          </div>
        </>
      )}
      {/* The bar marks a fuse and nothing else. */}
      {fuse.bands.length > 0 && (
        <span
          className={`absolute right-0 w-1 rounded-full ${isGhost || (progress !== null && progress < 1) ? "bg-line-2" : "bg-ink"}`}
          style={{ top: fuse.bar.top, height: fuse.bar.bottom - fuse.bar.top }}
        />
      )}
    </div>
  );
}

function Paths({ fuse, height, meet, isGhost }: { fuse: Fuse; height: number; meet: number; isGhost: boolean }) {
  const path = (from: number, to: number) => `${curve(0, from, meet, to)}H100`;
  return (
    <svg
      viewBox={`0 0 100 ${height}`}
      preserveAspectRatio="none"
      className="absolute inset-0 block size-full overflow-hidden"
      aria-hidden="true"
    >
      {fuse.hairline && (
        <path
          d={path(fuse.hairline.from, fuse.hairline.to)}
          className="strand"
          stroke={isGhost ? "var(--line)" : "var(--s0)"}
          strokeWidth={2}
          vectorEffect="non-scaling-stroke"
        />
      )}
      {fuse.bands.map((band) => (
        <g key={band.key}>
          <path
            d={path(band.from, band.to)}
            className="strand"
            stroke={isGhost ? "var(--line)" : band.colour}
            strokeWidth={band.width}
            vectorEffect="non-scaling-stroke"
          />
          {band.isHollow && (
            <path
              d={path(band.from, band.to)}
              className="strand"
              stroke="var(--surface)"
              strokeWidth={Math.max(0.8, band.width - 2.6)}
              vectorEffect="non-scaling-stroke"
            />
          )}
        </g>
      ))}
    </svg>
  );
}
