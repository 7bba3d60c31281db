import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/** A BERT-named checkpoint of about `megabytes`, F32, with values of its own for each seed; quick to write, no training behind it. */
export function writeCheckpoint(folder: string, seed: number, megabytes: number): string {
  fs.mkdirSync(folder, { recursive: true });
  const rows = Math.max(1, Math.round((megabytes * 1e6) / (256 * 4)));
  const shapes: [string, number[]][] = [
    ["bert.embeddings.word_embeddings.weight", [rows, 256]],
    ["bert.pooler.dense.bias", [256]],
  ];
  let offset = 0;
  const header = JSON.stringify(
    Object.fromEntries(
      shapes.map(([name, shape]) => {
        const begin = offset;
        offset += shape.reduce((a, b) => a * b, 4);
        return [name, { dtype: "F32", shape, data_offsets: [begin, offset] }];
      }),
    ),
  );
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const fd = fs.openSync(path.join(folder, "model.safetensors"), "w");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  fs.writeSync(fd, length);
  fs.writeSync(fd, padded);
  const block = Float32Array.from({ length: 1 << 18 }, (_, i) => Math.sin(i * 0.37 + seed) * 0.05);
  const bytes = Buffer.from(block.buffer);
  for (let written = 0; written < offset; written += bytes.length)
    fs.writeSync(fd, bytes.subarray(0, Math.min(bytes.length, offset - written)));
  fs.closeSync(fd);
  const config = { architectures: ["BertModel"], model_type: "bert", hidden_size: 256, vocab_size: rows };
  fs.writeFileSync(path.join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  return folder;
}

export const sha256Of = (file: string) => createHash("sha256").update(fs.readFileSync(file)).digest("hex");
