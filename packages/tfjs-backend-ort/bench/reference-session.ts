import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeModel, type OnnxGraph } from "../src/onnx.ts";

export { Tensor };

/** A graph as a user of ONNX Runtime would run it: public interface, one thread. */
export const referenceSession = (graph: OnnxGraph): Promise<InferenceSession> =>
  InferenceSession.create(encodeModel(graph), { intraOpNumThreads: 1, interOpNumThreads: 1 });
