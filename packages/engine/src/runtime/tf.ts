/** The one place where the engine imports TensorFlow.js. */
export * as tf from "@tensorflow/tfjs";
