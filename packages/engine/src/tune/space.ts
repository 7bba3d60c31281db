/** A number that is tuned. `log` spaces it evenly in its logarithm; `step` keeps it on a grid from `low`. */
export interface Coordinate {
  readonly name: string;
  readonly kind: "float" | "int";
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
  readonly step?: number;
}

export type Space = readonly Coordinate[];
export type Params = Readonly<Record<string, number>>;

/** A fault of a search space, with the coordinate at fault. */
export class SpaceError extends Error {
  override readonly name = "SpaceError";
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[]) {
    super(message);
    this.path = path;
  }
}

/** Most coordinates that can be tuned at once. */
export const mostCoordinates = 100;

/** @throws SpaceError for an empty space, a name used twice, and bounds that leave nothing to choose */
export function checkSpace(space: Space): void {
  if (space.length === 0) throw new SpaceError("There is nothing to tune: the space has no coordinate.", []);
  if (space.length > mostCoordinates)
    throw new SpaceError(`${space.length} numbers cannot be tuned at once; ${mostCoordinates} is the most.`, []);
  space.forEach((coordinate, at) => {
    const fail = (message: string, key: string): never => {
      throw new SpaceError(`${coordinate.name}: ${message}`, [at, key]);
    };
    const { name, low, high, log = false, step, kind } = coordinate;
    if (name === "") fail("a coordinate needs a name.", "name");
    if (space.findIndex((other) => other.name === name) < at) fail("the name is used twice.", "name");
    if (!Number.isFinite(low)) fail("the lower bound is not a finite number.", "low");
    if (!Number.isFinite(high)) fail("the upper bound is not a finite number.", "high");
    if (low > high) fail(`the bounds are reversed: ${low} to ${high}.`, "low");
    if (low === high) fail(`both bounds are ${low}; a fixed value belongs in the recipe.`, "high");
    if (log && low <= 0) fail("a logarithmic scale needs a lower bound above 0.", "low");
    if (kind === "int" && !(Number.isInteger(low) && Number.isInteger(high))) fail("whole numbers need whole bounds.", "low");
    if (step !== undefined && !(step > 0 && step <= high - low)) fail("the step must be above 0 and within the bounds.", "step");
  });
}

/** Position of each value between its bounds, in [0, 1]. */
export function toUnit(space: Space, params: Params): Float64Array {
  return Float64Array.from(space, ({ name, low, high, log = false }) => {
    const value = params[name];
    if (value === undefined || !Number.isFinite(value)) throw new SpaceError(`${name}: the trial has no value for it.`, [name]);
    const at = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.min(1, Math.max(0, at));
  });
}

/** Values at a position in [0, 1]^d, on the grid where there is one. */
export function fromUnit(space: Space, x: ArrayLike<number>): Params {
  return Object.fromEntries(
    space.map(({ name, kind, low, high, log = false, step }, k) => {
      const at = Math.min(1, Math.max(0, x[k] ?? 0));
      const value = log ? low * (high / low) ** at : low + at * (high - low);
      const grid = step ?? (kind === "int" ? 1 : null);
      const placed = grid === null ? value : low + Math.round((value - low) / grid) * grid;
      return [name, Math.min(high, Math.max(low, kind === "int" ? Math.round(placed) : placed))];
    }),
  );
}

/** Moves a position to where its values lie after rounding to the grid: what the surrogate should see. */
export const snap = (space: Space, x: Float64Array): Float64Array => toUnit(space, fromUnit(space, x));
