import { OrtBackend } from "./backend.ts";
import { tf } from "./tf.ts";

/**
 * The values of a tensor for reading before it is disposed. Unlike `dataSync`, the array stays the backend's, so it can be
 * recycled: do not keep it and do not write to it.
 */
export function borrowValues(tensor: tf.Tensor): Float32Array {
  const backend = tf.backend();
  if (backend instanceof OrtBackend && backend.data.has(tensor.dataId)) return backend.floats(tensor);
  return tensor.dataSync() as Float32Array;
}
