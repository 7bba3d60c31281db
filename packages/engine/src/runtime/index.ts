/**
 * Models on TensorFlow.js: backends, BERT, tokenizer, training.
 *
 * A training run:
 *
 * ```ts
 * await selectBackend();                                     // "auto" → ort on an ordinary machine
 * const tokenizer = await loadTokenizer(dir);                // tokenizer.encode(text, maxLength): number[] with [CLS] … [SEP]; tokenizer.idOf("[MASK]")
 * const model = createBert({ config: parseBertConfig(json, "config.json"), head: "masked-language", seed: 1 });      // or head: "classification" with labels, or "none"
 * const model = await loadBert(dir, { head: "classification", labels: 4, seed: 1 }); // trunk from dir; head from the folder when it has one, else fresh
 * model.parameters                                           // Parameters: names (HF names), shape(name), values(name): Float32Array (live), tensor(name)
 *
 * const batch = padBatch(sequencesOfIds);                    // {size, length, ids, lengths}; pads to the longest
 * const trainer = createTrainer(model.parameters, { peakLearningRate: 5e-4, warmupSteps: 200, totalSteps: 8000, weightDecay: 0.01, clipNorm: 1, frozen: (name) => false });
 * const report = trainer.step(() => {                        // {step, loss, gradientNorm, learningRate}; tensors are freed for you
 *   const encoded = model.encode(batch);                     // {hidden: [size·length, d], pooled: [size, d]}
 *   const masked = maskedLanguageLoss(model, encoded, { positions, labels });   // positions: flat index row·length + column of the batch; labels: original ids
 *   const views = contrastiveLoss(encoded.pooled, { temperature: 0.05 });       // rows 0..n-1 are view A, rows n..2n-1 view B of the same n texts
 *   return weightedSum([[1, masked], [0.1, views]]);
 * });
 * trainer.step(() => classificationLoss(model, model.encode(batch), labels));    // head "classification"
 * await saveTrainerState(file, trainer);  await restoreTrainerState(file, trainer);   // parameters, moments, step: resumes bit for bit
 * const guesses = await predictLabels(model, batch);         // Int32Array of class indices; forward only
 * await saveBert(dir, model, { labels: ["ham", "spam"], metadata: {} });          // config.json + model.safetensors (F32), HF names
 * ```
 *
 * A run is deterministic for the same seed, data order and backend. `frozen` tensors get neither gradients nor weight decay; LayerNorm and biases are never decayed.
 */
export { borrowValues } from "@amalgam/tfjs-backend-ort";
export { bestExperts } from "./architectures/mixture-of-experts.ts";
export { type BackendChoice, type BackendName, backendNames, ensureBackend, selectBackend } from "./backend.ts";
export { BertModel, createBert, type Encoded, type NewBert } from "./bert.ts";
export { type BertConfig, parseBertConfig } from "./bert-config.ts";
export { type BertHead, bertShapes } from "./bert-shapes.ts";
export { checkTokenizer } from "./check-tokenizer.ts";
export { filterGradient } from "./convolve.ts";
export { withGradients } from "./gradients.ts";
export { readHeadLabels } from "./head-labels.ts";
export { type Images, imageLayout, toPixels } from "./image-input.ts";
export { type ImagePreparation, loadImagePreparation } from "./image-preparation.ts";
export type {
  BatchNormCall,
  ConvolutionCall,
  DenseCall,
  EmbeddingCall,
  LayerCall,
  LayerTap,
  LearnedCall,
  NormCall,
} from "./layer-tap.ts";
export { Layers } from "./layers.ts";
export { type LoadBertOptions, loadBert } from "./load-bert.ts";
export { classificationLoss, contrastiveLoss, type MaskedTargets, maskedLanguageLoss, weightedSum } from "./losses.ts";
export {
  type Decoding,
  type HeadKind,
  headKinds,
  type ImageNetwork,
  type Network,
  type PairBatch,
  type PairNetwork,
  type TableNetwork,
  type TextNetwork,
} from "./network.ts";
export {
  hasClassifier,
  type OpenNetworkOptions,
  openNetwork,
  runnableHeads,
  runnableModelTypes,
  trunkTensors,
} from "./open-network.ts";
export { Parameters, type TensorValues } from "./parameters.ts";
export { predictLabels } from "./predict.ts";
export { type SaveBertOptions, saveBert } from "./save-bert.ts";
export { tf } from "./tf.ts";
export { padBatch, type TokenBatch } from "./token-batch.ts";
export { type FittedText, loadTokenizer, TextTokenizer } from "./tokenizer.ts";
export { createTrainer, type StepReport, Trainer, type TrainerOptions } from "./trainer.ts";
export { restoreTrainerState, saveTrainerState } from "./trainer-state.ts";
