import { Tensor } from "onnxruntime-common";
// Internal to onnxruntime-node, hence the exact pin and session.test.ts: its public API is asynchronous, and tfjs kernels are not.
import { binding, initOrt } from "onnxruntime-node/dist/binding.js";
import { encodeModel, type OnnxGraph, type OnnxNode } from "./onnx.ts";

/** A compiled graph. Runs synchronously on the caller's thread, reading and writing the given arrays without copies. */
export interface Session {
  run(inputs: Readonly<Record<string, Operand>>, outputs: Readonly<Record<string, Operand>>): void;
}

export interface Operand {
  readonly values: Float32Array | Int32Array;
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

function compile(graph: OnnxGraph, threads: number): Session {
  initOrt();
  const model = encodeModel(graph);
  const native = new binding.InferenceSession();
  native.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    // Patterns are planned per shape and kept for ever: with the many shapes of training that is a leak.
    enableMemPattern: false,
    // Idle workers that spin take a core from the rest of the process.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return {
    run(inputs, outputs) {
      native.run(toTensors(inputs), toTensors(outputs), {});
    },
  };
}

function toTensors(operands: Readonly<Record<string, Operand>>): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const name in operands) {
    const operand = operands[name];
    if (operand === undefined) continue;
    tensors[name] =
      operand.values instanceof Float32Array
        ? new Tensor("float32", operand.values, operand.shape)
        : new Tensor("int32", operand.values, operand.shape);
  }
  return tensors;
}
