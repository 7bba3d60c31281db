import type { Element } from "../expr.ts";
import { elementsOf } from "../numeric.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import { FunctionBuilder, type Local } from "./function-builder.ts";
import { type Emission, type Group, startGroup } from "./group-emitter.ts";
import { anySpecialF16, type F16Mode, groupElements, type Half } from "./simd-codec.ts";

/** A function (begin, end) → i32 over the elements of a tile, begin a multiple of the group's size and below end. */
export interface Looping {
  readonly f: FunctionBuilder;
  readonly begin: Local;
  readonly end: Local;
  /** Number of the current group's first element */
  readonly element: Local;
}

export function startFunction(name: string): Looping {
  const f = new FunctionBuilder(name, 2);
  return { f, begin: f.parameter(0), end: f.parameter(1), element: f.local("i32") };
}

export const inputsOf = (roots: readonly Element[]): number[] =>
  elementsOf(roots).flatMap((node) => (node.kind === "input" ? [node.index] : []));

/** Sets the element to the next group's. */
export const advance = ({ f, element }: Looping): void => f.set(element, [...f.get(element), ...f.i32(groupElements), 0x6a]);

export const below = ({ f, element }: Looping, limit: Local): number[] => [...f.get(element), ...f.get(limit), 0x49];

/** The group's body, twice where 16-bit floats have a shorter way for groups without special values. */
export function emitGroup(
  loop: Looping,
  emission: Emission,
  roots: readonly Element[],
  body: (group: Group, f16: F16Mode) => void,
) {
  const { f, element } = loop;
  const used = inputsOf(roots);
  const group = startGroup(f, emission, element, used);
  const halves = used.flatMap((index) => (emission.inputs[index] === "F16" ? (group.raw.get(index) ?? []) : []));
  if (halves.length === 0) body(group, "exact");
  else
    f.ifAny(
      anySpecialF16(f, halves),
      () => body(group, "exact"),
      () => body(group, "normal"),
    );
}

/** A function that handles every group from begin to end; `result` leaves one i32. */
export function finishLoop(loop: Looping, body: () => void, result: readonly number[]): WasmFunction {
  const { f, begin, end, element } = loop;
  f.set(element, f.get(begin));
  f.loop(
    () => {
      body();
      advance(loop);
    },
    () => below(loop, end),
  );
  return f.build(result);
}

/** All ones in the lanes of a group that belong to the range; null: all lanes do. */
export type Valid = readonly [Local, Local] | null;

/**
 * Handles the groups from the current element to a limit, a multiple of the group's size from it or the range's end. Only a group
 * that the end cuts through pays for masking the lanes behind it. Runs no group when the current element is not below the limit.
 */
export function emitGroups(loop: Looping, limit: Local, body: (valid: Valid) => void): void {
  const { f, element } = loop;
  const whole = f.local("i32");
  // The last element before which all groups are whole.
  f.set(whole, [...f.get(element), ...f.get(limit), ...f.get(element), 0x6b, ...f.i32(-groupElements), 0x71, 0x6a]);
  f.when(below(loop, whole), () =>
    f.loop(
      () => {
        body(null);
        advance(loop);
      },
      () => below(loop, whole),
    ),
  );
  f.when(below(loop, limit), () => {
    body([validLanes(loop, 0), validLanes(loop, 1)]);
    advance(loop);
  });
}

/** All ones in the lanes before the end. */
function validLanes({ f, element, end }: Looping, half: Half): Local {
  const first = 4 * half;
  const lanes = f.op("i32x4Add", f.splatOf(element), f.constant([first, first + 1, first + 2, first + 3]));
  return f.op("i32x4LtS", lanes, f.splatOf(end));
}

/** The lane of a vector as an i32. */
export const laneOf = (f: FunctionBuilder, vector: Local, lane: number): number[] => [
  ...f.get(vector),
  0xfd,
  ...unsigned(0x1b),
  lane,
];
