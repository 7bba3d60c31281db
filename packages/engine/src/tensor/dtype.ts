/** Storage types of safetensors that this engine knows: size in bytes and whether the values are floating point. */
export const dtypes = {
  BOOL: { sizeBytes: 1, float: false },
  U8: { sizeBytes: 1, float: false },
  I8: { sizeBytes: 1, float: false },
  U16: { sizeBytes: 2, float: false },
  I16: { sizeBytes: 2, float: false },
  U32: { sizeBytes: 4, float: false },
  I32: { sizeBytes: 4, float: false },
  U64: { sizeBytes: 8, float: false },
  I64: { sizeBytes: 8, float: false },
  F8_E4M3: { sizeBytes: 1, float: true },
  F8_E5M2: { sizeBytes: 1, float: true },
  F16: { sizeBytes: 2, float: true },
  BF16: { sizeBytes: 2, float: true },
  F32: { sizeBytes: 4, float: true },
  F64: { sizeBytes: 8, float: true },
} as const;

export type Dtype = keyof typeof dtypes;

/** The types that merges compute on: each widens to f32 exactly. */
export const arithmeticDtypes = ["F32", "F16", "BF16"] as const;
export type ArithmeticDtype = (typeof arithmeticDtypes)[number];

export const isDtype = (name: string): name is Dtype => Object.hasOwn(dtypes, name);

export const isArithmetic = (dtype: Dtype): dtype is ArithmeticDtype => dtype === "F32" || dtype === "F16" || dtype === "BF16";

export const isFloat = (dtype: Dtype): boolean => dtypes[dtype].float;

/** Elements of a shape; a scalar (shape []) has one. The shape comes from a checked header, so the product is exact. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Bytes that a tensor of this type and shape takes in a file. */
export const byteLength = (dtype: Dtype, shape: readonly number[]): number => elementCount(shape) * dtypes[dtype].sizeBytes;
