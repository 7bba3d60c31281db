import { HeatCell } from "../../components/heat-cell.tsx";
import { accuracy, integer, interval, percent } from "../../lib/format.ts";
import { type Bounds, cellText, gainKept, type Mode, type Score } from "./board.ts";

interface Props {
  score: Score | undefined;
  task: string;
  bounds: Bounds | undefined;
  mode: Mode;
}

/** A score with its colour: how much of the expert's gain over the base it keeps. */
export function ScoreCell({ score, task, bounds, mode }: Props) {
  if (!score || score.value === null) {
    return (
      <HeatCell level={null} title={`${task}: not evaluated`}>
        ·
      </HeatCell>
    );
  }
  const kept = gainKept(score.value, bounds);
  const text = cellText({ value: score.value, ofExpert: score.ofExpert }, bounds, mode);
  const range = score.low !== null && score.high !== null ? ` ${interval(score.value, score.low, score.high)}` : "";
  const title = [
    `${task}: ${accuracy(score.value)}${range}`,
    score.n !== null && `n = ${integer(score.n)}`,
    kept !== null && `keeps ${percent(kept)}`,
  ]
    .filter(Boolean)
    .join(", ");
  return (
    <HeatCell level={text === null ? null : (kept ?? 0)} title={title}>
      {text ?? "·"}
    </HeatCell>
  );
}
