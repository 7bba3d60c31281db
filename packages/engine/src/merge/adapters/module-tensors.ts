import { type ArithmeticDtype, byteLength } from "../../tensor/dtype.ts";
import { type Forecast, forecastBytesPerSecond, processBytes, startSeconds } from "../forecast.ts";
import type { PlannedSource, PlannedTensor } from "../planned.ts";
import type { AdapterLayout } from "./open-adapter.ts";
import { factorShapes, moduleName } from "./write-adapter.ts";

/** A module of an adapter that is to be made. */
export interface PlannedModule {
  /** Of the base tensor */
  readonly source: PlannedSource;
  readonly rank: number;
  readonly rows: number;
  readonly columns: number;
  readonly layout: AdapterLayout;
}

/** The two tensors that hold a module. */
export function moduleTensors(module: PlannedModule, dtype: ArithmeticDtype): PlannedTensor[] {
  const { source, layout } = module;
  return factorShapes(moduleName(source.name), module, layout).map(({ name, shape }): PlannedTensor => {
    const elements = shape.reduce((a, b) => a * b, 1);
    const sizeBytes = byteLength(dtype, shape);
    return { name, shape, dtype, source, action: "merge", value: null, stored: "float", elements, sizeBytes };
  });
}

interface Costs {
  readonly readBytes: number;
  readonly tensors: readonly PlannedTensor[];
  /** Memory of the module that needs most, beside the result, all of which is held */
  readonly moduleBytes: number;
  readonly operations: number;
}

/** Measured: operations of decompositions in a second. */
const operationsPerSecond = 1e9;

/** Adapters are made by one thread, one module after another, in memory. */
export function adapterForecast({ readBytes, tensors, moduleBytes, operations }: Costs): Forecast {
  const writeBytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const held = tensors.reduce((sum, { elements, sizeBytes }) => sum + 4 * elements + sizeBytes, 0);
  return {
    ...{ readBytes, writeBytes, scratchBytes: 0 },
    secondsForecast: startSeconds + (readBytes + writeBytes) / forecastBytesPerSecond + operations / operationsPerSecond,
    peakMemoryBytes: () => processBytes + held + moduleBytes,
  };
}
