import { signed, unsigned, type ValueType, type WasmFunction } from "./encoding.ts";

/** A local variable that holds the value of one instruction. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** SIMD opcodes (after the prefix 0xfd) of instructions that take and give v128 only. */
export const simd = {
  i8x16Shuffle: 0x0d,
  i16x8Eq: 0x2d,
  i16x8GtS: 0x31,
  i16x8Abs: 0x80,
  i16x8Add: 0x8e,
  i16x8Sub: 0x91,
  i16x8SubSatU: 0x93,
  i16x8MinU: 0x97,
  i16x8MaxS: 0x98,
  i32x4Eq: 0x37,
  i32x4LeS: 0x3d,
  i32x4GeS: 0x3f,
  i32x4LeU: 0x3e,
  i32x4LtS: 0x39,
  i32x4GtS: 0x3b,
  f32x4Eq: 0x41,
  f32x4Ne: 0x42,
  f32x4Lt: 0x43,
  f32x4Gt: 0x44,
  f32x4Le: 0x45,
  f32x4Ge: 0x46,
  and: 0x4e,
  andNot: 0x4f,
  or: 0x50,
  xor: 0x51,
  bitselect: 0x52,
  promoteLow: 0x5f,
  f32x4Nearest: 0x6a,
  narrowU: 0x86,
  i32x4Add: 0xae,
  i32x4Sub: 0xb1,
  i32x4Mul: 0xb5,
  i32x4MinS: 0xb6,
  f32x4Abs: 0xe0,
  f32x4Neg: 0xe1,
  f32x4Sqrt: 0xe3,
  f32x4Add: 0xe4,
  f32x4Sub: 0xe5,
  f32x4Mul: 0xe6,
  f32x4Div: 0xe7,
  f32x4Min: 0xe8,
  f32x4Max: 0xe9,
  f32x4PMin: 0xea,
  f64x2Abs: 0xec,
  f64x2Add: 0xf0,
  f64x2Mul: 0xf2,
  f64x2Max: 0xf5,
  truncateToI32: 0xf8,
  convertFromI32: 0xfa,
} as const;

const shift = { i16x8Shl: 0x8b, i16x8ShrS: 0x8c, i16x8ShrU: 0x8d, shl: 0xab, shrS: 0xac, shrU: 0xad } as const;

/**
 * Writes one function. Every instruction puts its value into a fresh local: the engine's compiler turns locals into registers,
 * so this costs nothing and keeps the emitter a list of assignments. Constants go before the loops.
 */
export class FunctionBuilder {
  readonly #name: string;
  readonly #parameters: number;
  readonly #locals: ValueType[] = [];
  readonly #constants = new Map<string, Local>();
  readonly #prelude: number[] = [];
  readonly #body: number[] = [];

  constructor(name: string, parameters: number) {
    this.#name = name;
    this.#parameters = parameters;
  }

  parameter(index: number): Local {
    return { index, type: "i32" };
  }

  local(type: ValueType): Local {
    this.#locals.push(type);
    return { index: this.#parameters + this.#locals.length - 1, type };
  }

  /** Four equal 32-bit lanes, set once before the loops. */
  splat(bits: number): Local {
    return this.constant([bits, bits, bits, bits]);
  }

  constant(lanes: readonly [number, number, number, number]): Local {
    const bytes = [...new Uint8Array(Int32Array.from(lanes).buffer)];
    return this.#once(bytes.join(), [0xfd, 0x0c, ...bytes]);
  }

  /** The f32 at an address of the constants area in all four lanes, loaded once before the loops. */
  loadSplat(address: number): Local {
    return this.#once(`@${address}`, [...this.i32(0), 0xfd, 0x09, 2, ...unsigned(address)]);
  }

  /** A parameter minus 1 in all four lanes, computed once before the loops. */
  splatBefore(parameter: Local): Local {
    return this.#once(`before ${parameter.index}`, [...this.get(parameter), ...this.i32(1), 0x6b, 0xfd, ...unsigned(0x11)]);
  }

  /** An i32 in all four lanes. */
  splatOf(value: Local): Local {
    return this.#assign("v128", [...this.get(value), 0xfd, ...unsigned(0x11)]);
  }

  /** The byte at a fixed address plus an offset, in all sixteen lanes. */
  loadByteSplat(address: number, offset: Local): Local {
    return this.#assign("v128", [...this.get(offset), 0xfd, 0x07, 0, ...unsigned(address)]);
  }

  /** One bit for each of the four 32-bit lanes: their signs. */
  bitmask(value: Local): Local {
    return this.#assign("i32", [...this.get(value), 0xfd, ...unsigned(0xa4)]);
  }

  /** A v128 at a fixed address plus a byte offset. */
  load(address: number, offset: Local): Local {
    return this.#assign("v128", [...this.get(offset), 0xfd, 0x00, 4, ...unsigned(address)]);
  }

  store(address: number, offset: Local, value: Local): void {
    this.push([...this.get(offset), ...this.get(value), 0xfd, 0x0b, 4, ...unsigned(address)]);
  }

  /** Result of an instruction on v128 operands. */
  op(code: keyof typeof simd, ...operands: readonly Local[]): Local {
    return this.#assign("v128", [...operands.flatMap((local) => this.get(local)), 0xfd, ...unsigned(simd[code])]);
  }

  /** Interleaves or moves bytes of two vectors; 16-bit lanes are numbered 0..7 in a and 8..15 in b. */
  shuffle(a: Local, b: Local, lanes16: readonly number[]): Local {
    const bytes = lanes16.flatMap((lane) => [2 * lane, 2 * lane + 1]);
    return this.#assign("v128", [...this.get(a), ...this.get(b), 0xfd, ...unsigned(simd.i8x16Shuffle), ...bytes]);
  }

  shifted(kind: keyof typeof shift, value: Local, bits: number): Local {
    return this.#assign("v128", [...this.get(value), ...this.i32(bits), 0xfd, ...unsigned(shift[kind])]);
  }

  get(local: Local): number[] {
    return [0x20, ...unsigned(local.index)];
  }

  set(target: Local, code: readonly number[]): void {
    this.push([...code, 0x21, ...unsigned(target.index)]);
  }

  i32(value: number): number[] {
    return [0x41, ...signed(value)];
  }

  /** Raw instructions into the body. */
  push(code: readonly number[]): void {
    for (const byte of code) this.#body.push(byte);
  }

  /** Repeats `body`, which must change what `condition` reads, while the condition (i32) is not 0; runs at least once. */
  loop(body: () => void, condition: () => readonly number[]): void {
    this.push([0x03, 0x40]);
    body();
    this.push([...condition(), 0x0d, 0, 0x0b]);
  }

  /** A sequence that runs when an i32 is not 0. */
  when(condition: readonly number[], body: () => void): void {
    this.push([...condition, 0x04, 0x40]);
    body();
    this.push([0x0b]);
  }

  /** One of two sequences, by whether any lane of a comparison's result is set. */
  ifAny(mask: Local, yes: () => void, no: () => void): void {
    // The mask of the bytes' signs takes half the instructions of v128.any_true before a branch.
    this.push([...this.get(mask), 0xfd, ...unsigned(0x64), 0x04, 0x40]);
    yes();
    this.push([0x05]);
    no();
    this.push([0x0b]);
  }

  /** The function; `result` leaves one i32. */
  build(result: readonly number[]): WasmFunction {
    const body = [...this.#prelude, ...this.#body, ...result];
    return { name: this.#name, parameters: this.#parameters, locals: this.#locals, body };
  }

  #assign(type: ValueType, code: readonly number[]): Local {
    const target = this.local(type);
    this.set(target, code);
    return target;
  }

  #once(key: string, code: readonly number[]): Local {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const target = this.local("v128");
    for (const byte of [...code, 0x21, ...unsigned(target.index)]) this.#prelude.push(byte);
    this.#constants.set(key, target);
    return target;
  }
}
