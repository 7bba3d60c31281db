"use client";
import { plural } from "../../../lib/format.ts";
import { numberWords } from "../../../lib/setting.ts";
import { type Fault, Line, Opinion } from "../../merge/preflight.tsx";
import { coordinateLabel } from "../study-words.ts";
import type { useStudyCheck } from "./use-study.ts";

interface Props {
  state: ReturnType<typeof useStudyCheck>;
  faults: readonly Fault[];
  hint: string | null;
  budget: number;
  parents: readonly string[];
}

const mostNamed = 8;

/** What the server says of the study: faults with their place, or what it would search. */
export function StudyPreflight({ state, faults, hint, budget, parents }: Props) {
  const { answer } = state;
  const roles = parents.map((ref) => ({ role: "PARENT", ref }));
  return (
    <Opinion state={state} isAnswered={answer !== null} hint={hint} faults={faults}>
      {answer?.ok && faults.length === 0 && (
        <>
          <Line tone="ok">
            Tunes {plural(answer.space.length, "number")}
            <ul className="num mt-0.5 text-caption text-ink-3">
              {answer.space.slice(0, mostNamed).map(({ name, low, high, log }) => (
                <li key={name} className="wrap-anywhere">
                  {coordinateLabel(name, roles)} {numberWords(low)} to {numberWords(high)}
                  {log && ", evenly in its logarithm"}
                </li>
              ))}
              {answer.space.length > mostNamed && <li>and {answer.space.length - mostNamed} more</li>}
            </ul>
          </Line>
          <Line tone="ok">Scored on {plural(answer.taskNames.length, "task")}</Line>
          <Line tone="ok">
            At most {plural(budget, "trial")}
            {answer.baselines > 0 && `, and ${answer.baselines} more for what it is judged against`}
          </Line>
        </>
      )}
    </Opinion>
  );
}
