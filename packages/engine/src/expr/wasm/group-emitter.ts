import type { ArithmeticDtype } from "../../tensor/dtype.ts";
import type { BinaryOp, Comparison, Condition, Element, UnaryOp } from "../expr.ts";
import { keyOf } from "../numeric.ts";
import { lastShift, mixerRounds } from "../random.ts";
import type { FunctionBuilder, Local, simd } from "./function-builder.ts";
import type { KernelLayout } from "./layout.ts";
import {
  type F16Mode,
  type GroupOffsets,
  type Half,
  loadF32,
  loadRaw,
  narrowF16,
  roundBf16,
  widenF16,
  widenGroup,
} from "./simd-codec.ts";
import type { Slot, SlotTable } from "./slots.ts";

const unaryOps: Readonly<Record<Exclude<UnaryOp, "powerOfTwo" | "exponent">, keyof typeof simd>> = {
  neg: "f32x4Neg",
  abs: "f32x4Abs",
  sqrt: "f32x4Sqrt",
  nearest: "f32x4Nearest",
};
const binaryOps: Readonly<Record<BinaryOp, keyof typeof simd>> = {
  add: "f32x4Add",
  sub: "f32x4Sub",
  mul: "f32x4Mul",
  div: "f32x4Div",
  min: "f32x4Min",
  max: "f32x4Max",
};
const compareOps: Readonly<Record<Comparison["op"], keyof typeof simd>> = { lt: "f32x4Lt", le: "f32x4Le", eq: "f32x4Eq" };

const bitsOf = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;

/** How an input or a result is stored; BITS: one bit for each element, from the lowest of each byte. */
export type StoredType = ArithmeticDtype | "BITS";

/** Bytes that so many elements take. */
export const storedBytes = (type: StoredType, elements: number): number =>
  type === "BITS" ? Math.ceil(elements / 8) : elements * (type === "F32" ? 4 : 2);

/** What all functions of a kernel are emitted for. */
export interface Emission {
  readonly inputs: readonly StoredType[];
  readonly layout: KernelLayout;
  readonly slots: SlotTable;
  /** Keys of the values that are ranked; the ranks of the j-th are in the j-th intermediate tile */
  readonly ranked: readonly string[];
  /** Whether a selection may end inside the tile, among values equal to its threshold; then positions matter */
  readonly atCut: boolean;
}

/** What the group emitters of one function have in common. */
export interface Group extends Emission {
  readonly f: FunctionBuilder;
  /** Number of the group's first element in the tile */
  readonly element: Local;
  /** Number behind the last element that counts; a parameter */
  readonly end: Local;
  readonly at: GroupOffsets & { readonly one: Local };
  /** Stored bits of 16-bit inputs, by input */
  readonly raw: ReadonlyMap<number, Local>;
}

/** Starts a group: its byte offsets, and the loads of the 16-bit inputs among `used`. */
export function startGroup(f: FunctionBuilder, emission: Emission, element: Local, used: readonly number[]): Group {
  const shifted = (code: number, bits: number): Local => {
    const local = f.local("i32");
    f.set(local, [...f.get(element), ...f.i32(bits), code]);
    return local;
  };
  const at = { one: shifted(0x76, 3), two: shifted(0x74, 1), four: shifted(0x74, 2) };
  const raw = new Map<number, Local>();
  for (const index of used) {
    const type = emission.inputs[index];
    if (type === "F16" || type === "BF16") raw.set(index, loadRaw(f, emission.layout.input(index), at));
  }
  return { ...emission, f, element, end: f.parameter(1), at, raw };
}

/** Turns nodes into locals, each distinct subtree once. */
export class GroupEmitter {
  readonly #group: Group;
  readonly #f: FunctionBuilder;
  readonly #layout: KernelLayout;
  readonly #f16: F16Mode;
  readonly #inputs = new Map<number, readonly [Local, Local]>();
  readonly #values: readonly [Map<string, Local>, Map<string, Local>] = [new Map(), new Map()];
  readonly #positions: [Local | null, Local | null] = [null, null];

  constructor(group: Group, f16: F16Mode) {
    this.#group = group;
    this.#f = group.f;
    this.#layout = group.layout;
    this.#f16 = f16;
  }

  input(index: number): readonly [Local, Local] {
    const known = this.#inputs.get(index);
    if (known !== undefined) return known;
    const loaded = this.#load(index);
    this.#inputs.set(index, loaded);
    return loaded;
  }

  value(node: Element, half: Half): Local {
    const key = keyOf(node);
    const known = this.#values[half].get(key);
    if (known !== undefined) return known;
    const local = this.#emit(node, half);
    this.#values[half].set(key, local);
    return local;
  }

  /** Numbers of the four elements in the tile. Lanes behind the end count as the last element, of which their inputs are copies. */
  position(half: Half): Local {
    const f = this.#f;
    const first = 4 * half;
    const known = this.#positions[half];
    if (known !== null) return known;
    const lanes = f.op("i32x4Add", f.splatOf(this.#group.element), f.constant([first, first + 1, first + 2, first + 3]));
    const within = f.op("i32x4MinS", lanes, f.splatBefore(this.#group.end));
    this.#positions[half] = within;
    return within;
  }

  slot(slot: Slot): Local {
    return this.#f.loadSplat(this.#layout.slot(this.#group.slots.indexOf(slot)));
  }

  #load(index: number): readonly [Local, Local] {
    const { inputs, at, raw } = this.#group;
    const f = this.#f;
    const type = inputs[index] ?? "F32";
    const address = this.#layout.input(index);
    if (type === "BITS") {
      const byte = f.loadByteSplat(address, at.one);
      const one = f.splat(bitsOf(1));
      const half = (bits: readonly [number, number, number, number]): Local => {
        const mask = f.constant(bits);
        return f.op("and", f.op("i32x4Eq", f.op("and", byte, mask), mask), one);
      };
      return [half([1, 2, 4, 8]), half([16, 32, 64, 128])];
    }
    const bits = raw.get(index);
    return type === "F32" || bits === undefined ? loadF32(f, address, at) : widenGroup(f, type, bits, this.#f16);
  }

  #emit(node: Element, half: Half): Local {
    const f = this.#f;
    switch (node.kind) {
      case "input":
        return this.input(node.index)[half];
      case "constant":
        return f.splat(bitsOf(node.value));
      case "broadcast":
        return this.slot({ kind: "number", number: node.number });
      case "random":
        return this.#random(node.stream, half);
      case "rank":
        return f.load(this.#layout.derived(this.#group.ranked.indexOf(keyOf(node.a))) + 16 * half, this.#group.at.four);
      case "unary": {
        const a = this.value(node.a, half);
        if (node.op === "exponent")
          return f.op("convertFromI32", f.op("i32x4Add", f.shifted("shrU", f.shifted("shl", a, 1), 24), f.splat(-127)));
        if (node.op !== "powerOfTwo") return f.op(unaryOps[node.op], a);
        return f.shifted("shl", f.op("i32x4Add", f.op("truncateToI32", a), f.splat(127)), 23);
      }
      case "binary":
        return this.#binary(node, half);
      case "select":
        return this.#select(node, half);
      case "cast": {
        const value = this.value(node.a, half);
        if (node.dtype === "F16") return widenF16(f, f.shifted("shl", narrowF16(f, value), 16));
        return f.op("and", roundBf16(f, value), f.splat(0xffff0000));
      }
    }
  }

  #select({ if: condition, yes, no }: Extract<Element, { kind: "select" }>, half: Half): Local {
    const f = this.#f;
    const mask = this.#condition(condition, half);
    // Choosing between a value and +0 takes one instruction instead of three.
    if (isZero(no)) return f.op("and", this.value(yes, half), mask);
    if (isZero(yes)) return f.op("andNot", this.value(no, half), mask);
    return f.op("bitselect", this.value(yes, half), this.value(no, half), mask);
  }

  #condition(condition: Condition, half: Half): Local {
    const f = this.#f;
    const a = this.value(condition.a, half);
    if (condition.kind === "compare") return f.op(compareOps[condition.op], a, this.value(condition.b, half));
    const { by } = condition;
    if (!this.#group.atCut) return f.op("f32x4Ge", a, this.slot({ kind: "least", selection: by }));
    const threshold = this.slot({ kind: "threshold", selection: by });
    const upTo = f.op("i32x4LeS", this.position(half), this.slot({ kind: "cut", selection: by }));
    return f.op("or", f.op("f32x4Gt", a, threshold), f.op("and", f.op("f32x4Eq", a, threshold), upTo));
  }

  /** As `randomUnit` in random.ts. */
  #random(stream: number, half: Half): Local {
    const f = this.#f;
    const [first, second] = [this.slot({ kind: "key", stream, part: 0 }), this.slot({ kind: "key", stream, part: 1 })];
    let x = f.op("i32x4Add", f.op("i32x4Add", this.position(half), this.slot({ kind: "position" })), first);
    for (const [round, { shift, factor }] of mixerRounds.entries()) {
      x = f.op("i32x4Mul", f.op("xor", x, f.shifted("shrU", x, shift)), f.splat(factor | 0));
      if (round === 0) x = f.op("xor", x, second);
    }
    const bits = f.shifted("shrU", f.op("xor", x, f.shifted("shrU", x, lastShift)), 8);
    return f.op("f32x4Mul", f.op("convertFromI32", bits), f.splat(bitsOf(2 ** -24)));
  }

  #binary({ op, a, b }: Extract<Element, { kind: "binary" }>, half: Half): Local {
    const f = this.#f;
    // Exact short cuts: a factor or divisor of 1 changes nothing, and dividing by a power of two is multiplying by its inverse.
    if (op === "mul" && isConstant(a, 1)) return this.value(b, half);
    if ((op === "mul" || op === "div") && isConstant(b, 1)) return this.value(a, half);
    if (op === "div" && b.kind === "constant" && hasExactInverse(b.value)) {
      return f.op("f32x4Mul", this.value(a, half), f.splat(bitsOf(1 / b.value)));
    }
    return f.op(binaryOps[op], this.value(a, half), this.value(b, half));
  }
}

const isConstant = (node: Element, value: number): boolean => node.kind === "constant" && node.value === value;

const isZero = (node: Element): boolean => node.kind === "constant" && Object.is(node.value, 0);

/** Powers of two whose inverse is a normal f32 too. */
const hasExactInverse = (value: number): boolean => {
  const magnitude = Math.abs(value);
  return (
    magnitude >= 2 ** -126 &&
    magnitude <= 2 ** 126 &&
    Math.log2(magnitude) % 1 === 0 &&
    2 ** Math.round(Math.log2(magnitude)) === magnitude
  );
};
