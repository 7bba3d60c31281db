/**
 * Models on TensorFlow.js: backends, BERT, tokenizer, training.
 *
 * Interface of the trainer, announced ahead of its implementation:
 *
 * ```ts
 * await selectBackend();                                     // "auto" → ort on an ordinary machine
 * const tokenizer = await loadTokenizer(dir);                // tokenizer.encode(text): number[] with [CLS] … [SEP], truncated to maxLength
 * const model = createBert({ config, head: "masked-language", seed: 1 });      // or head: "classification" with labels, or "none"
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
 * const state = trainer.state();  await saveTrainerState(file, trainer);  await restoreTrainerState(file, trainer);   // parameters, moments, step: resumes bit for bit
 * predict: predictLabels(model, batch): Int32Array                                // forward only
 * await saveBert(dir, model, { labels: ["ham", "spam"], metadata: {} });          // config.json + model.safetensors (F32), HF names
 * ```
 *
 * A run is deterministic for the same seed, data order and backend. `frozen` tensors get neither gradients nor weight decay; LayerNorm and biases are never decayed.
 */
export {};
