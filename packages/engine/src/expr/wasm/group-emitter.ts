import type { ArithmeticDtype } from "../../tensor/dtype.ts";
import type { BinaryOp, Condition, Element, UnaryOp } from "../expr.ts";
import { broadcasts, keyOf } from "../numeric.ts";
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
export interface Group {
  readonly f: FunctionBuilder;
  readonly signature: Signature;
  readonly layout: KernelLayout;
  readonly at: GroupOffsets;
  /** Stored bits of the 16-bit inputs that the expression reads, by input */
  readonly raw: ReadonlyMap<number, Local>;
}

/** Starts a group: its byte offsets, and the loads of 16-bit inputs. */
export function startGroup(f: FunctionBuilder, signature: Signature, layout: KernelLayout, element: Local): Group {
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
export class GroupEmitter {
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
