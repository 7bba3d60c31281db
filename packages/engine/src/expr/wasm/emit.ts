import type { ArithmeticDtype } from "../../tensor/dtype.ts";
import { blockElements } from "../blocks.ts";
import type { BinaryOp, Condition, Element, Reduction, UnaryOp } from "../expr.ts";
import { broadcasts, children, keyOf } from "../numeric.ts";
import { unsigned, type WasmFunction } from "./encoding.ts";
import { FunctionBuilder, type Local, type simd } from "./function-builder.ts";
import type { KernelLayout } from "./layout.ts";
import {
  anySpecialF16,
  type F16Mode,
  type GroupOffsets,
  groupElements,
  type Half,
  loadF32,
  loadRaw,
  narrowF16,
  nonFinite,
  roundBf16,
  storeGroup,
  widenF16,
  widenGroup,
} from "./simd-codec.ts";

const unaryOps: Readonly<Record<UnaryOp, keyof typeof simd>> = { neg: "f32x4Neg", abs: "f32x4Abs", sqrt: "f32x4Sqrt" };
const binaryOps: Readonly<Record<BinaryOp, keyof typeof simd>> = {
  add: "f32x4Add",
  sub: "f32x4Sub",
  mul: "f32x4Mul",
  div: "f32x4Div",
  min: "f32x4Min",
  max: "f32x4Max",
};
const compareOps: Readonly<Record<Condition["op"], keyof typeof simd>> = { lt: "f32x4Lt", le: "f32x4Le", eq: "f32x4Eq" };

const bitsOf = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;

/** What the emitted code is specialised for. */
export interface Signature {
  readonly expr: Element;
  readonly inputs: readonly ArithmeticDtype[];
  readonly output: ArithmeticDtype;
}

/** What the group emitters of one function have in common. */
interface Group {
  readonly f: FunctionBuilder;
  readonly signature: Signature;
  readonly layout: KernelLayout;
  readonly at: GroupOffsets;
  /** Stored bits of the 16-bit inputs that the expression reads, by input */
  readonly raw: ReadonlyMap<number, Local>;
}

/** Starts a group: its byte offsets, and the loads of 16-bit inputs. */
function startGroup(f: FunctionBuilder, signature: Signature, layout: KernelLayout, element: Local): Group {
  const offset = (shift: number): Local => {
    const local = f.local("i32");
    f.set(local, [...f.get(element), ...f.i32(shift), 0x74]);
    return local;
  };
  const at = { two: offset(1), four: offset(2) };
  const raw = new Map<number, Local>();
  for (const [index, dtype] of signature.inputs.entries()) {
    if (dtype !== "F32") raw.set(index, loadRaw(f, layout.input(index), at));
  }
  return { f, signature, layout, at, raw };
}

/** Turns nodes into locals, each distinct subtree once. */
class GroupEmitter {
  readonly #group: Group;
  readonly #f: FunctionBuilder;
  readonly #layout: KernelLayout;
  readonly #f16: F16Mode;
  readonly #numbers: readonly string[];
  readonly #inputs = new Map<number, readonly [Local, Local]>();
  readonly #values: readonly [Map<string, Local>, Map<string, Local>] = [new Map(), new Map()];

  constructor(group: Group, f16: F16Mode) {
    this.#group = group;
    this.#f = group.f;
    this.#layout = group.layout;
    this.#f16 = f16;
    this.#numbers = broadcasts(group.signature.expr).map(keyOf);
  }

  input(index: number): readonly [Local, Local] {
    const known = this.#inputs.get(index);
    if (known !== undefined) return known;
    const { signature, at, raw } = this.#group;
    const dtype = signature.inputs[index] ?? "F32";
    const bits = raw.get(index);
    const loaded =
      dtype === "F32" || bits === undefined
        ? loadF32(this.#f, this.#layout.input(index), at)
        : widenGroup(this.#f, dtype, bits, this.#f16);
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

  #emit(node: Element, half: Half): Local {
    const f = this.#f;
    switch (node.kind) {
      case "input":
        return this.input(node.index)[half];
      case "constant":
        return f.splat(bitsOf(node.value));
      case "broadcast":
        return f.loadSplat(this.#layout.constant(this.#numbers.indexOf(keyOf(node.number))));
      case "unary":
        return f.op(unaryOps[node.op], this.value(node.a, half));
      case "binary":
        return this.#binary(node, half);
      case "select": {
        const mask = f.op(compareOps[node.if.op], this.value(node.if.a, half), this.value(node.if.b, half));
        return f.op("bitselect", this.value(node.yes, half), this.value(node.no, half), mask);
      }
      case "cast": {
        const value = this.value(node.a, half);
        if (node.dtype === "F16") return widenF16(f, f.shifted("shl", narrowF16(f, value), 16));
        return f.op("and", roundBf16(f, value), f.splat(0xffff0000));
      }
    }
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

/**
 * Inputs whose NaN or infinity could vanish on the way to the result, because every path there leads through a comparison,
 * a minimum or a denominator. All others make the result NaN or infinite, so checking the result is enough.
 */
function hiddenInputs(expr: Element, count: number): number[] {
  const seen = new Set<number>();
  const visit = (node: Element): void => {
    if (node.kind === "input") seen.add(node.index);
    else if (node.kind === "binary" && (node.op === "min" || node.op === "max")) return;
    else if (node.kind === "binary" && node.op === "div") visit(node.a);
    else if (node.kind !== "select") children(node).forEach(visit);
  };
  visit(expr);
  return Array.from({ length: count }, (_, i) => i).filter((i) => !seen.has(i));
}

/**
 * merge(count) → 1 when a stored result (or an input that could hide it) is NaN or infinite, else 0. Works on whole groups of 8:
 * the caller fills the elements after the last with copies of it, so that they cannot raise a false alarm.
 */
export function emitMerge(signature: Signature, layout: KernelLayout): WasmFunction {
  const f = new FunctionBuilder("merge", 1);
  const element = f.local("i32");
  const alarm = f.local("v128");
  const raise = (lanes: Local) => f.set(alarm, [...f.get(alarm), ...f.get(lanes), 0xfd, ...unsigned(0x50)]);
  const hidden = hiddenInputs(signature.expr, signature.inputs.length);
  const body = (group: Group, f16: F16Mode): void => {
    const emitter = new GroupEmitter(group, f16);
    for (const index of hidden) for (const half of emitter.input(index)) raise(nonFinite(f, "F32", half));
    const place = { address: layout.output, at: group.at, raise };
    storeGroup(f, signature.output, place, [emitter.value(signature.expr, 0), emitter.value(signature.expr, 1)]);
  };
  f.loop(
    () => {
      const group = startGroup(f, signature, layout, element);
      const halves = [...group.raw].filter(([index]) => signature.inputs[index] === "F16").map(([, raw]) => raw);
      const [exact, normal] = [() => body(group, "exact"), () => body(group, "normal")];
      if (halves.length === 0) exact();
      else f.ifAny(anySpecialF16(f, halves), exact, normal);
      f.set(element, [...f.get(element), ...f.i32(groupElements), 0x6a]);
    },
    () => [...f.get(element), ...f.get(f.parameter(0)), 0x49],
  );
  return f.build([...f.get(alarm), 0xfd, ...unsigned(0x53)]);
}

/** reduce(count) → 0; stores the block sums of every reduction (see `blocks.ts`), elements past `count` adding nothing. */
export function emitReduce(signature: Signature, reductions: readonly Reduction[], layout: KernelLayout): WasmFunction {
  const f = new FunctionBuilder("reduce", 1);
  const count = f.parameter(0);
  const element = f.local("i32");
  const blockEnd = f.local("i32");
  const sums = reductions.map(() => [0, 1, 2, 3].map(() => f.local("v128")));
  f.loop(
    () => {
      for (const lanes of sums) for (const sum of lanes) f.set(sum, f.get(f.splat(0)));
      f.set(blockEnd, [...f.get(element), ...f.i32(blockElements), 0x6a]);
      f.loop(
        () => {
          addGroup(f, { signature, reductions, layout, element, sums });
          f.set(element, [...f.get(element), ...f.i32(groupElements), 0x6a]);
        },
        () => [...f.get(element), ...f.get(blockEnd), 0x49, ...f.get(element), ...f.get(count), 0x49, 0x71],
      );
      for (const [r, lanes] of sums.entries()) storeBlockSum(f, lanes, layout.sums(r), blockEnd);
    },
    () => [...f.get(element), ...f.get(count), 0x49],
  );
  return f.build(f.i32(0));
}

interface Adding {
  readonly signature: Signature;
  readonly reductions: readonly Reduction[];
  readonly layout: KernelLayout;
  readonly element: Local;
  readonly sums: readonly (readonly Local[])[];
}

function addGroup(f: FunctionBuilder, { signature, reductions, layout, element, sums }: Adding): void {
  const group = new GroupEmitter(startGroup(f, signature, layout, element), "exact");
  const splatOf = (local: Local): Local => {
    const lanes = f.local("v128");
    f.set(lanes, [...f.get(local), 0xfd, ...unsigned(0x11)]);
    return lanes;
  };
  const [position, end] = [splatOf(element), splatOf(f.parameter(0))];
  for (const half of [0, 1] as const) {
    const lane = f.constant([4 * half, 4 * half + 1, 4 * half + 2, 4 * half + 3]);
    const valid = f.op("i32x4LtS", f.op("i32x4Add", position, lane), end);
    reductions.forEach((reduction, r) => {
      const a = f.op("and", group.value(reduction.a, half), valid);
      const b = reduction.op === "dot" ? f.op("and", group.value(reduction.b, half), valid) : null;
      for (const pair of [0, 1] as const) {
        const sum = sums[r]?.[2 * half + pair];
        if (sum !== undefined) f.set(sum, f.get(f.op("f64x2Add", sum, term(f, a, b, pair))));
      }
    });
  }
}

/** Two of the four terms as f64. */
function term(f: FunctionBuilder, a: Local, b: Local | null, pair: Half): Local {
  const wide = (x: Local) => f.op("promoteLow", pair === 0 ? x : f.shuffle(x, x, [4, 5, 6, 7, 4, 5, 6, 7]));
  return b === null ? f.op("f64x2Abs", wide(a)) : f.op("f64x2Mul", wide(a), wide(b));
}

function storeBlockSum(f: FunctionBuilder, lanes: readonly Local[], address: number, blockEnd: Local): void {
  const [a, b, c, d] = lanes;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return;
  const total = f.op("f64x2Add", f.op("f64x2Add", a, b), f.op("f64x2Add", c, d));
  const lane = (index: number) => [...f.get(total), 0xfd, ...unsigned(0x21), index];
  // Block k ends at element (k + 1)·4096: its sum goes to byte 8·k, that is blockEnd / 512 − 8.
  const offset = [...f.get(blockEnd), ...f.i32(9), 0x76, ...f.i32(8), 0x6b];
  f.push([...offset, ...lane(0), ...lane(1), 0xa0, 0x39, 3, ...unsigned(address)]);
}
