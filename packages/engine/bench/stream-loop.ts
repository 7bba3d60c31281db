import { encodeModule } from "../src/expr/wasm/encoding.ts";
import { FunctionBuilder } from "../src/expr/wasm/function-builder.ts";
import { webAssembly } from "../src/expr/wasm/web-assembly.ts";

const streams = 4;
const pageBytes = 65536;
/** Between tiles, as kernels have it, so that equal offsets do not share cache sets. */
const stagger = 17 * 64;
/** Vectors of each stream in one turn of the loop */
const unrolled = 2;

/** Loads four tiles and stores one, with as little work between as there can be: what memory allows a kernel. */
export function streamLoop(tileBytes: number): () => void {
  const tile = (index: number): number => 64 + index * (tileBytes + stagger);
  const f = new FunctionBuilder("run", 1);
  const at = f.local("i32");
  f.set(at, f.i32(0));
  f.loop(
    () => {
      for (let v = 0; v < unrolled; v += 1) {
        const loaded = Array.from({ length: streams }, (_, k) => f.load(tile(k) + 16 * v, at));
        f.store(
          tile(streams) + 16 * v,
          at,
          loaded.reduce((a, b) => f.op("xor", a, b)),
        );
      }
      f.set(at, [...f.get(at), ...f.i32(16 * unrolled), 0x6a]);
    },
    () => [...f.get(at), ...f.get(f.parameter(0)), 0x49],
  );
  const pages = Math.ceil(tile(streams + 1) / pageBytes);
  const memory = new webAssembly.Memory({ initial: pages, maximum: pages });
  // Pages that were never written are all the same one.
  new Uint8Array(memory.buffer).fill(1);
  const module = new webAssembly.Module(encodeModule([f.build(f.i32(0))], pages));
  const { run } = new webAssembly.Instance(module, { env: { memory } }).exports as { run(bytes: number): number };
  return () => void run(tileBytes);
}
