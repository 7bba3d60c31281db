import { type Fault, methodOf, type Recipe } from "@amalgam/engine/merge";
import { type Coordinate, checkSpace, type Space, SpaceError } from "@amalgam/engine/tune";
import { fault, refuseAll } from "../refuse.ts";
import { parseCoordinateName } from "./recipe-at.ts";
import { type Tunable, tunablesOf, usualNames } from "./tunable.ts";

/** A number to tune as a caller names it: `lambda`, `weight` (one for each parent), `weight[0]`, `density[*]` (one for all), `t{self_attn}`. */
export interface CoordinateInput {
  readonly name: string;
  readonly low?: number | null | undefined;
  readonly high?: number | null | undefined;
  readonly log?: boolean | null | undefined;
  readonly step?: number | null | undefined;
}

/** The space that a study searches. @throws RefusedError with the place of every fault in the caller's list */
export function spaceOf(recipe: Recipe, asked: readonly CoordinateInput[]): Space {
  const names = asked.length > 0 ? asked : usualNames(recipe.method).map((name): CoordinateInput => ({ name }));
  const faults: Fault[] = [];
  const from: number[] = [];
  const space = names.flatMap((input, at) => {
    const read = coordinatesOf(recipe, input, at);
    if (!Array.isArray(read)) faults.push(read as Fault);
    const list = Array.isArray(read) ? (read as Coordinate[]) : [];
    from.push(...list.map(() => at));
    return list;
  });
  refuseAll(faults);
  if (space.length === 0) refuseAll([nothingToTune(recipe)]);
  try {
    checkSpace(space);
  } catch (error) {
    if (!(error instanceof SpaceError)) throw error;
    const [at, ...rest] = error.path;
    refuseAll([fault("BAD_SPACE", error.message, typeof at === "number" ? ["tune", from[at] ?? at, ...rest] : ["tune"])]);
  }
  return space;
}

const nothingToTune = (recipe: Recipe): Fault =>
  fault(
    "NOTHING_TO_TUNE",
    `${methodOf(recipe).title} has no number that could be tuned; choose a method with weights or a factor, such as task_arithmetic.`,
    ["recipe", "method"],
  );

function coordinatesOf(recipe: Recipe, input: CoordinateInput, at: number): Coordinate[] | Fault {
  const parsed = parseCoordinateName(input.name);
  if (parsed === null)
    return fault(
      "NOT_TUNABLE",
      `${JSON.stringify(input.name.slice(0, 100))} is no name of a number; write lambda, weight[0] or t{self_attn}.`,
      ["tune", at, "name"],
    );
  const { name, parent, filter } = parsed;
  const there = tunablesOf(recipe.method);
  const found = there.find((each) => each.name === name);
  if (found === undefined) {
    const names = there.map((each) => (each.perParent ? `${each.name}[i]` : each.name)).join(", ") || "none";
    return fault("NOT_TUNABLE", `${methodOf(recipe).title} has no number ${JSON.stringify(name)} to tune; it has: ${names}.`, [
      "tune",
      at,
      "name",
    ]);
  }
  if (parent !== null && !found.perParent)
    return fault("NOT_TUNABLE", `${name} belongs to the whole merge, not to a parent; write ${name}.`, ["tune", at, "name"]);
  if (typeof parent === "number" && parent >= recipe.parents.length)
    return fault("NOT_TUNABLE", `There is no parent ${parent}; the recipe has the parents 0 to ${recipe.parents.length - 1}.`, [
      "tune",
      at,
      "name",
    ]);
  if (filter !== null && methodOf(recipe).ofModel?.includes(name))
    return fault("NOT_TUNABLE", `${name} holds for the whole model and cannot differ between tensors.`, ["tune", at, "name"]);
  const bounds = boundsOf(found, input, at);
  if ("code" in bounds) return bounds;
  const suffix = filter === null ? "" : `{${filter}}`;
  const places = found.perParent
    ? parent === null
      ? recipe.parents.map((_, i) => i)
      : [parent === "all" ? "*" : parent]
    : [null];
  return places.map((place) => ({ name: place === null ? `${name}${suffix}` : `${name}[${place}]${suffix}`, ...bounds }));
}

function boundsOf(found: Tunable, input: CoordinateInput, at: number): Omit<Coordinate, "name"> | Fault {
  const low = input.low ?? found.bounds?.[0];
  const high = input.high ?? found.bounds?.[1];
  if (low === undefined || high === undefined)
    return fault(
      "NO_BOUNDS",
      `${found.name} has no usual range; give its bounds, as in ${found.name}=${found.least}:${found.most}.`,
      ["tune", at],
    );
  for (const [key, value] of [
    ["low", low],
    ["high", high],
  ] as const)
    if (Number.isFinite(value) && (value < found.least || value > found.most))
      return fault("OUT_OF_BOUNDS", `${found.name} may be ${found.least} to ${found.most}, so ${value} is no bound for it.`, [
        "tune",
        at,
        key,
      ]);
  const log = input.log ?? (found.isLog && input.low == null);
  return {
    kind: found.isWhole ? "int" : "float",
    low,
    high,
    ...(log ? { log } : {}),
    ...(input.step == null ? {} : { step: input.step }),
  };
}
