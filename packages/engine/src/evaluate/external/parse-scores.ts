import { emptyBits, markCorrect } from "../correct-bits.ts";
import { macroInterval, wilson } from "../intervals.ts";
import { describe } from "../json-lines.ts";
import type { SettingsOf } from "../kinds.ts";
import type { Finding } from "../score.ts";

interface Part {
  readonly value: number;
  readonly n: number | null;
}

type Settings = Pick<SettingsOf<"external">, "score" | "minimum" | "maximum">;

/**
 * The score in what an evaluator printed: an object as the whole output or as its last line, either `{"value": 0.5, "n": 100}` or
 * `{"scores": {"name": 0.5 or {"value", "n"}, …}}`; optionally with `"correct": [true, false, …]`, one for each of the n examples.
 * Of several scores the named one counts, else their mean. Throws an Error that begins with the evaluator's name.
 */
export function parseScores(output: string, evaluator: string, settings: Settings): Finding {
  const printed = findObject(output, evaluator);
  const parts = partsOf(printed, evaluator);
  for (const [name, part] of parts) checkPart(part, `${evaluator}: ${name}`, settings);
  const chosen = settings.score === undefined ? [...parts.values()] : [parts.get(settings.score)].flatMap((part) => part ?? []);
  if (chosen.length === 0) {
    const names = [...parts.keys()].join(", ").slice(0, 200);
    throw new Error(`${evaluator} printed no score "${settings.score ?? ""}"; it printed ${names || "none"}.`);
  }
  const value = chosen.reduce((sum, part) => sum + part.value, 0) / chosen.length;
  const n = chosen.some((part) => part.n === null) ? null : chosen.reduce((sum, part) => sum + (part.n ?? 0), 0);
  const details = "scores" in printed ? Object.fromEntries([...parts].map(([name, part]) => [name, part.value])) : {};
  const correct = correctOf(printed, n, evaluator);
  return { value, n, ...intervalOf(chosen, settings), correct, truncated: 0, details };
}

function findObject(output: string, evaluator: string): Record<string, unknown> {
  const lines = output.trim().split("\n");
  for (const text of [output, lines.at(-1) ?? ""]) {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    } catch {} // the next one may do
  }
  const last = (lines.at(-1) ?? "").slice(0, 100);
  // Python writes these words into JSON, which has no numbers for them.
  if (/\b(NaN|Infinity)\b/.test(lines.at(-1) ?? ""))
    throw new Error(`${evaluator} printed a score that is not a finite number: ${last}`);
  throw new Error(
    last === ""
      ? `${evaluator} printed nothing; a JSON object was expected.`
      : `${evaluator} printed no JSON object as its last line but: ${last}`,
  );
}

function partsOf(printed: Record<string, unknown>, evaluator: string): Map<string, Part> {
  const { scores } = printed;
  if (scores === undefined) return new Map([["value", toPart(printed, `${evaluator}: value`)]]);
  if (typeof scores !== "object" || scores === null || Array.isArray(scores))
    throw new Error(`${evaluator}: scores is ${describe(scores)}; it should be an object of names and numbers.`);
  return new Map(Object.entries(scores).map(([name, part]) => [name, toPart(part, `${evaluator}: ${name}`)]));
}

function toPart(given: unknown, where: string): Part {
  const { value, n } =
    typeof given === "object" && given !== null ? (given as Record<string, unknown>) : { value: given, n: undefined };
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new Error(`${where} is ${describe(value)}; a score is a finite number.`);
  if (n === undefined || n === null) return { value, n: null };
  if (typeof n !== "number" || !Number.isInteger(n) || n < 1)
    throw new Error(`${where}: n is ${describe(n)}; it counts examples.`);
  return { value, n };
}

function checkPart({ value }: Part, where: string, { minimum, maximum }: Settings): void {
  if (value >= minimum && value <= maximum) return;
  throw new Error(`${where} is ${value}; a score of this task lies between ${minimum} and ${maximum}.`);
}

/** Wilson's needs a proportion and its n. */
function intervalOf(parts: readonly Part[], { minimum, maximum }: Settings): Pick<Finding, "low" | "high" | "interval"> {
  const counted = parts.flatMap(({ value, n }) => (n === null ? [] : [{ value, n }]));
  if (minimum !== 0 || maximum !== 1 || counted.length < parts.length) return { low: null, high: null, interval: null };
  const [first] = counted;
  if (first === undefined) return { low: null, high: null, interval: null };
  const { low, high } = counted.length === 1 ? wilson(first.value * first.n, first.n) : macroInterval(counted);
  return { low, high, interval: "wilson" };
}

function correctOf({ correct }: Record<string, unknown>, n: number | null, evaluator: string): Uint8Array | null {
  if (correct === undefined || correct === null) return null;
  if (!Array.isArray(correct) || correct.length !== n || !correct.every((each) => typeof each === "boolean"))
    throw new Error(`${evaluator}: correct should be a list of n times true or false.`);
  const bits = emptyBits(correct.length);
  correct.forEach((isRight, index) => {
    if (isRight) markCorrect(bits, index);
  });
  return bits;
}
