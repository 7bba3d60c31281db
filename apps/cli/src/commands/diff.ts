import path from "node:path";
import { openCheckpoint } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { interruptible } from "../interrupt.ts";
import { type CheckpointDifference, compareCheckpoints } from "../local/compare-checkpoints.ts";
import { jsonOption } from "../options.ts";
import { formatShape, plural, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

export const diff = defineCommand({
  meta: { name: "diff", description: "Compare two checkpoints tensor by tensor" },
  args: {
    a: { type: "positional", required: true, description: "Folder, or .safetensors file" },
    b: { type: "positional", required: true, description: "Folder, or .safetensors file" },
    ...jsonOption,
  },
  async run({ args }) {
    const a = await openCheckpoint(path.resolve(args.a), printable(args.a));
    const b = await openCheckpoint(path.resolve(args.b), printable(args.b));
    const progress = startProgress("Comparing");
    let difference: CheckpointDifference;
    try {
      difference = await interruptible(
        (signal) => compareCheckpoints(a, b, { signal, onProgress: (state) => progress.update(state) }),
        "Cancelled.",
      );
    } finally {
      progress.finish();
    }
    if (args.json === true) printJson(difference);
    else show(difference, [args.a, args.b]);
  },
});

const isSame = ({ onlyInA, onlyInB, reshaped, changed }: CheckpointDifference): boolean =>
  onlyInA.length + onlyInB.length + reshaped.length + changed.length === 0;

function show(difference: CheckpointDifference, [a, b]: readonly [string, string]): void {
  const { onlyInA, onlyInB, reshaped, changed, equal } = difference;
  if (isSame(difference)) {
    print(`The same: ${plural(equal, "tensor")}, byte for byte.`);
    return;
  }
  print(`${plural(equal, "tensor")} equal byte for byte, ${changed.length} changed.`);
  for (const [names, where] of [
    [onlyInA, a],
    [onlyInB, b],
  ] as const) {
    if (names.length > 0) print(`\nOnly in ${printable(where)}:\n${names.map((name) => `  ${printable(name, 100)}`).join("\n")}`);
  }
  if (reshaped.length > 0)
    print(
      `\nOther shape:\n${reshaped.map(({ name, shapes: [x, y] }) => `  ${printable(name, 100)}  ${formatShape(x)} and ${formatShape(y)}`).join("\n")}`,
    );
  if (changed.length === 0) return;
  const rows = changed.map(({ name, shape, dtypes: [x, y], relative, largest }) => [
    printable(name, 100),
    x === y ? x : `${x} and ${y}`,
    formatShape(shape),
    relative === null ? "" : Number.isNaN(relative) ? "NaN" : `${(relative * 100).toPrecision(3)}%`,
    largest === null ? "" : largest.toPrecision(3),
  ]);
  const right = "right" as const;
  const columns = [
    { title: "Tensor" },
    { title: "Dtype" },
    { title: "Shape", align: right },
    { title: "Relative change", align: right },
    { title: "Largest", align: right },
  ];
  print(`\n${renderTable(columns, rows, styleFor(process.stdout))}`);
}
