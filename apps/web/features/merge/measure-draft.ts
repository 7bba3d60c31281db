import { isRecord } from "../../lib/record.ts";

/** How the models of a draft are measured, where the method needs it; what is left out is as the server has it. */
export interface MeasureDraft {
  /** By model, the task that it is measured on; else the task whose expert it is */
  readonly tasks: Readonly<Record<string, string>>;
  readonly baseTask: string | null;
  readonly examples: number | null;
}

export const usualMeasure: MeasureDraft = { tasks: {}, baseTask: null, examples: null };
const mostExamples = 1_000_000;
const isName = (value: unknown): value is string => typeof value === "string" && /^[^/\s]+\/[^/\s]+$/.test(value);

/** From an address; what cannot be read is left at its default. */
export function readMeasure(text: string | null): MeasureDraft {
  if (text === null) return usualMeasure;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return usualMeasure;
  }
  if (!isRecord(value)) return usualMeasure;
  const { tasks, baseTask, examples } = value;
  const named = isRecord(tasks) ? Object.entries(tasks).filter((entry): entry is [string, string] => isName(entry[1])) : [];
  const isCount = typeof examples === "number" && Number.isInteger(examples) && examples >= 1 && examples <= mostExamples;
  return {
    tasks: Object.fromEntries(named),
    baseTask: isName(baseTask) ? baseTask : null,
    examples: isCount ? examples : null,
  };
}

/** For an address; null when nothing was said. */
export function writeMeasure({ tasks, baseTask, examples }: MeasureDraft): string | null {
  const said = {
    ...(Object.keys(tasks).length > 0 ? { tasks } : {}),
    ...(baseTask === null ? {} : { baseTask }),
    ...(examples === null ? {} : { examples }),
  };
  return Object.keys(said).length === 0 ? null : JSON.stringify(said);
}

interface Need {
  readonly ofBase: boolean;
}

/** What the API is asked for; null where the method takes no statistics, or nothing was said. */
export function toStatistics(
  { tasks, baseTask, examples }: MeasureDraft,
  parents: readonly { model: string }[],
  need: Need | null,
) {
  if (need === null) return null;
  const named = parents.map(({ model }) => tasks[model] ?? null);
  const said = {
    ...(named.some((task) => task !== null) ? { tasks: named } : {}),
    ...(need.ofBase && baseTask !== null ? { baseTask } : {}),
    ...(examples === null ? {} : { examples }),
  };
  return Object.keys(said).length === 0 ? null : said;
}
