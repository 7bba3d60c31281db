import type { SplitPurpose } from "../../generated/prisma/client.ts";
import type { Mark } from "./inherited-marks.ts";

/** Tasks whose scores flatter a row for one and the same reason. */
export interface TunedOnReason extends Mark {
  readonly taskNames: readonly string[];
  readonly sentence: string;
}

/** Why a row is marked, in words: one reason for each tuner and ancestor. */
export function reasonsOf(
  tasks: readonly { readonly name: string }[],
  marks: readonly (Mark | null)[],
  purpose: SplitPurpose,
): TunedOnReason[] {
  const groups = new Map<string, { mark: Mark; taskNames: string[] }>();
  tasks.forEach(({ name }, i) => {
    const mark = marks[i];
    if (!mark) return;
    const key = JSON.stringify([mark.ancestor, mark.by]);
    const group = groups.get(key) ?? { mark, taskNames: [] };
    group.taskNames.push(name);
    groups.set(key, group);
  });
  return [...groups.values()].map(({ mark, taskNames }) => ({
    ...mark,
    taskNames,
    sentence: sentenceOf(mark, taskNames, purpose),
  }));
}

function sentenceOf({ by, ancestor }: Mark, names: readonly string[], purpose: SplitPurpose): string {
  const splits = `the ${purpose.toLowerCase()} ${names.length === 1 ? "split" : "splits"} of ${inWords(names)}`;
  const tuned = `uned on ${splits}${by === "" ? "" : ` by ${by}`}`;
  return ancestor === null ? `T${tuned}.` : `Made from ${ancestor}, which was t${tuned}.`;
}

const inWords = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
