import { Tensor } from "onnxruntime-common";
import { DONE_OUTPUT, type NativeSession, openNativeSession, runWithoutResult } from "./native.ts";
import { encodeModel, type OnnxGraph, type OnnxNode } from "./onnx.ts";

/** A compiled graph. Runs synchronously on the caller's thread, reading and writing the given arrays without copies. */
export interface Session {
  run(inputs: Operands, outputs: Operands): void;
}

export interface Operand {
  readonly values: Float32Array | BigInt64Array;
  readonly shape: readonly number[];
}

interface SessionSettings {
  /** Threads inside one matrix product or convolution; everything else is bound by memory and runs on one. */
  threads: number;
}

const settings: SessionSettings = { threads: 1 };
const sessions = new Map<string, Session>();

/** Threads for matrix products and convolutions compiled from now on. Sessions that exist are dropped and compiled again. */
export function setThreads(threads: number): void {
  if (threads === settings.threads) return;
  settings.threads = threads;
  sessions.clear();
}

/** The session for `key`, compiled from `graph()` at its first use. */
export function sessionFor(key: string, graph: () => OnnxGraph, parallel = false): Session {
  const found = sessions.get(key);
  if (found !== undefined) return found;
  const made = compile(graph(), parallel ? settings.threads : 1);
  sessions.set(key, made);
  return made;
}

/** A graph of one node, inputs `a`, `b`, …, output `out`. */
export function singleNode(op: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}): OnnxGraph {
  return { nodes: [{ op, inputs, outputs: ["out"], attributes }], inputs, outputs: ["out"] };
}

/**
 * Results shorter than this are cheaper to let the binding copy, which it always does, than to stop it (see native.ts).
 */
const COPIED_ELEMENTS = 8192;

function compile(graph: OnnxGraph, threads: number): Session {
  const done = { name: DONE_OUTPUT, value: 0 };
  const model = encodeModel({
    ...graph,
    outputs: [DONE_OUTPUT, ...graph.outputs],
    constants: [...(graph.constants ?? []), done],
  });
  const native = openNativeSession(model, threads);
  return { run: (inputs, outputs) => runNative(native, inputs, outputs) };
}

function runNative(native: NativeSession, inputs: Operands, outputs: Operands): void {
  const feeds = toTensors(inputs);
  const fetches = toTensors(outputs);
  let elements = 0;
  for (const name in outputs) elements += outputs[name]?.values.length ?? 0;
  if (elements < COPIED_ELEMENTS) native.run(feeds, fetches, {});
  else runWithoutResult(native, feeds, fetches);
}

type Operands = Readonly<Record<string, Operand>>;

function toTensors(operands: Operands): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const name in operands) {
    const operand = operands[name];
    if (operand === undefined) continue;
    tensors[name] =
      operand.values instanceof Float32Array
        ? new Tensor("float32", operand.values, operand.shape)
        : new Tensor("int64", operand.values, operand.shape);
  }
  return tensors;
}
