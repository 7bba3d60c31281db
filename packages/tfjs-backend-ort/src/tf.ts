/** The one place where this package imports TensorFlow.js. The full package: `tfjs-core` alone registers no gradients. */
export * as tf from "@tensorflow/tfjs";
export { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
