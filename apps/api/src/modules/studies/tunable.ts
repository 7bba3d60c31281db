import { describeMethods } from "@amalgam/engine/merge";
import { z } from "zod";

/** A number of a method that a study may tune. */
export interface Tunable {
  /** As written in a recipe, e.g. lambda */
  readonly name: string;
  /** Whether each parent has its own */
  readonly perParent: boolean;
  readonly isWhole: boolean;
  /** What the method's schema allows */
  readonly least: number;
  readonly most: number;
  readonly initial: number | null;
  /** What is searched unless told otherwise; null where there is no sensible choice for every model */
  readonly bounds: readonly [number, number] | null;
  readonly isLog: boolean;
}

interface Habit {
  readonly bounds: readonly [number, number];
  readonly log?: true;
}

/** Where good values of the field's parameters lie. A density of 0 would leave nothing to score. */
const habits: Readonly<Record<string, Habit>> = {
  weight: { bounds: [0, 1] },
  scale: { bounds: [0, 2] },
  lambda: { bounds: [0, 2] },
  density: { bounds: [0.05, 1] },
  topk: { bounds: [0.05, 1] },
  ratio: { bounds: [0.01, 1] },
  gamma: { bounds: [0, 0.2] },
  sparsity: { bounds: [0, 0.99] },
  r: { bounds: [0, 1] },
  "df_merge.lambda": { bounds: [0, 1] },
  "trimmed_df_merge.lambda": { bounds: [0, 1] },
  "nearswap.t": { bounds: [1e-6, 1], log: true },
};

const number = z.object({
  type: z.enum(["number", "integer"]),
  default: z.number().optional(),
  minimum: z.number(),
  maximum: z.number(),
});

/** Ranges at most this wide are searched whole when nothing better is known. */
const narrow = 1;

const known = new Map<string, readonly Tunable[]>();

/** Every number of a method that can be tuned, those of the whole merge first; derived from the method's schemas. */
export function tunablesOf(methodId: string): readonly Tunable[] {
  const tunables = known.get(methodId) ?? readTunables(methodId);
  known.set(methodId, tunables);
  return tunables;
}

function readTunables(methodId: string): Tunable[] {
  const method = describeMethods().find(({ id }) => id === methodId);
  if (method === undefined) return [];
  const read = (schema: Readonly<Record<string, unknown>>, perParent: boolean): Tunable[] =>
    Object.entries((schema["properties"] ?? {}) as Record<string, unknown>).flatMap(([name, property]) => {
      const parsed = number.safeParse(property);
      return parsed.success ? [tunable(methodId, name, perParent, parsed.data)] : [];
    });
  return [...read(method.parametersSchema, false), ...read(method.parentParametersSchema, true)];
}

function tunable(methodId: string, name: string, perParent: boolean, schema: z.output<typeof number>): Tunable {
  const { type, minimum: least, maximum: most } = schema;
  const habit = habits[`${methodId}.${name}`] ?? habits[name];
  const whole: readonly [number, number] | null = most - least <= narrow ? [least, most] : null;
  const clipped: readonly [number, number] | null = habit
    ? [Math.max(least, habit.bounds[0]), Math.min(most, habit.bounds[1])]
    : whole;
  return {
    name,
    perParent,
    isWhole: type === "integer",
    least,
    most,
    initial: schema.default ?? null,
    bounds: clipped,
    isLog: habit?.log ?? false,
  };
}

/**
 * What to tune when nobody says: the one factor of the summed task vectors where there is one, else the parents' weights, else every
 * number with known bounds.
 */
export function usualNames(methodId: string): string[] {
  const bounded = tunablesOf(methodId).filter(({ bounds }) => bounds !== null);
  const first = bounded.find(({ name }) => name === "lambda") ?? bounded.find(({ name }) => name === "weight");
  return first ? [first.name] : bounded.map(({ name }) => name);
}
