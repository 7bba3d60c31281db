import type { ReactNode } from "react";
import { coefficient } from "../../lib/format.ts";
import { fuse, gatherRest, type Strand } from "./geometry.ts";
import { Strands } from "./strands.tsx";

export interface CanvasInput extends Strand {
  glyph?: ReactNode;
  /** What stands in the row; the label alone when left out. */
  content?: ReactNode;
  /** Right-aligned beside the name, e.g. a score. */
  note?: ReactNode;
  /** A parent that is itself a merge leaves its row as the bands it is made of. */
  cable?: readonly Strand[];
}

interface Props {
  inputs: readonly CanvasInput[];
  base?: CanvasInput | null;
  /** Name of the result, for the sentence behind the drawing. */
  resultLabel: string;
  result?: ReactNode;
  progress?: number | null;
  isGhost?: boolean;
  /** Height of a parent's row. */
  pitch?: number;
  minRows?: number;
}

/** The drawing that makes a page recognisable: names left, strands, the new version right. */
export function StrandCanvas({
  inputs,
  base = null,
  resultLabel,
  result,
  progress = null,
  isGhost = false,
  pitch = 44,
  minRows = 3,
}: Props) {
  const gathered = gatherRest(inputs).strands as CanvasInput[];
  const rows = base ? [base, ...gathered] : gathered;
  const height = Math.max(rows.length, minRows) * pitch + 16;
  const top = (height - rows.length * pitch) / 2;
  const centreOf = (row: number) => top + row * pitch + pitch / 2;
  const placed = gathered.flatMap((input, i) =>
    (input.cable?.length ? input.cable : [input]).map((strand) => ({ strand, row: centreOf(i + (base ? 1 : 0)) })),
  );
  const drawing = fuse({
    strands: placed.map(({ strand }) => strand),
    rows: placed.map(({ row }) => row),
    baseRow: base ? centreOf(0) : null,
    centre: height / 2,
    mostHeight: Math.min(height * 0.46, 132),
    mostWidth: Math.min(pitch * 0.68, 30),
  });
  return (
    <div className="grid grid-cols-[minmax(0,max-content)_minmax(60px,1fr)_auto] items-stretch">
      <ul className="min-w-0 phone:max-w-[42vw]" style={{ paddingTop: top }}>
        {rows.map((input) => (
          <li
            key={input.key}
            className="flex items-center gap-2.5 pr-4 pl-6 phone:gap-2 phone:pr-2.5 phone:pl-4"
            style={{ height: pitch }}
          >
            {input.glyph}
            <span className="min-w-0 flex-1 truncate text-table font-medium">{input.content ?? input.label}</span>
            {input.note && <span className="num pl-6 text-caption text-ink-3 phone:hidden">{input.note}</span>}
          </li>
        ))}
      </ul>
      <Strands fuse={drawing} height={height} label={sentence(gathered, resultLabel)} progress={progress} isGhost={isGhost} />
      <div className="flex items-center pl-3.5">{result}</div>
    </div>
  );
}

function sentence(strands: readonly Strand[], result: string): string {
  const parts = strands.map((s) => (s.coefficient === null ? s.label : `${s.label} ${coefficient(s.coefficient)}`));
  const hasWidths = strands.some((s) => s.coefficient !== null);
  return `${parts.join(", ")} fuse into ${result}. ${hasWidths ? "Strand width is the coefficient." : "There are no coefficients."}`;
}
