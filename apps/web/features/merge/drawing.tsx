import { fuse, type Strand } from "../../components/strands/geometry.ts";
import { Strands } from "../../components/strands/strands.tsx";
import type { ChoiceFragment } from "../../gql/graphql.ts";
import { bytes, coefficient, parameters } from "../../lib/format.ts";
import { rowHeight } from "./parent-rows.tsx";
import type { Check } from "./use-check.ts";

interface Props {
  strands: Strand[];
  /** Height of the base's row; 0 when there is none. */
  baseHeight: number;
  /** Height of a parent's row; its strand leaves the first line. */
  pitch: number;
  name: string;
  check: Check | null;
  dtype: string | null;
  first: ChoiceFragment | undefined;
}

const ghosts: Strand[] = [0.5, 0.8, 0.4].map((share, i) => ({
  key: `ghost-${i}`,
  label: "",
  colour: "var(--line)",
  coefficient: share,
}));
export const padTop = 12;

/** The strands of the draft, each from its row, and what they fuse into. */
export function Drawing({ strands, baseHeight, pitch, name, check, dtype, first }: Props) {
  const isGhost = strands.length === 0;
  const drawn = isGhost ? ghosts : strands;
  const bottom = padTop + baseHeight + (drawn.length - 1) * pitch + rowHeight;
  const height = Math.max(bottom + 12, 220);
  const rows = drawn.map((_, i) => padTop + baseHeight + i * pitch + rowHeight / 2);
  const drawing = fuse({
    strands: drawn,
    rows,
    baseRow: baseHeight > 0 ? padTop + rowHeight / 2 : null,
    centre: Math.min(height / 2, (padTop + bottom) / 2 + 8),
    mostHeight: Math.min(height * 0.42, 128),
    mostWidth: 26,
  });
  const label = isGhost
    ? "No parents yet"
    : `${strands.map((strand) => (strand.coefficient === null ? strand.label : `${strand.label} ${coefficient(strand.coefficient)}`)).join(", ")} fuse into ${name}`;
  return (
    <>
      <div className="min-w-0 flex-1 pl-2 phone:pl-0">
        <Strands fuse={drawing} height={height} label={label} isGhost={isGhost} meet={0.68} />
      </div>
      <div
        className="flex w-[132px] flex-none flex-col justify-center pr-3 pl-3.5 phone:w-[112px]"
        style={{ height: drawing.bar.top + drawing.bar.bottom }}
      >
        <p className="text-section font-semibold wrap-anywhere phone:text-table">{name.split("/").at(-1)}</p>
        {first && (
          <p className="num text-caption text-ink-3">
            {[parameters(Number(first.parameterCount)), dtype ?? first.dtype].filter(Boolean).join(", ")}
          </p>
        )}
        {check?.ok && <p className="num text-caption text-ink-3">{bytes(Number(check.writeBytes))}</p>}
      </div>
    </>
  );
}
