export { decodeToF32, encodeFromF32, roundThrough } from "../tensor/codec.ts";
export {
  type ArithmeticDtype,
  arithmeticDtypes,
  byteLength,
  type Dtype,
  dtypes,
  elementCount,
  isArithmetic,
  isDtype,
  isFloat,
} from "../tensor/dtype.ts";
export { type ByteSource, bytesSource } from "./byte-source.ts";
export { type FileSource, fileSource } from "./file-source.ts";
export { foreignFormat } from "./foreign.ts";
export { FormatError, type FormatErrorCode, formatRules } from "./format-error.ts";
export { type Inspection, type InspectOptions, inspectSafetensors, type TensorReport } from "./inspect.ts";
export { maxHeaderBytes, readHeader, type SafetensorsHeader, type TensorEntry } from "./safetensors-header.ts";
export {
  type ByteSink,
  type Layout,
  layoutHeader,
  type TensorData,
  type TensorShape,
  writeSafetensors,
} from "./safetensors-writer.ts";
