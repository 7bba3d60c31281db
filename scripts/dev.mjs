// The whole stack from sources, with reload: npm run dev -- [--port N] [--data-dir D]
import path from "node:path";
import { parseArgs } from "node:util";
import { build, install, root } from "./prepare.mjs";

const { values } = parseArgs({
  options: { port: { type: "string", default: "4000" }, "data-dir": { type: "string", default: path.join(root, ".amalgam") } },
});
install();
build(["generate", "@amalgam/local#build"]);
const { runStack } = await import("@amalgam/local");

const began = performance.now();
try {
  process.exitCode = await runStack(
    { root, dataDir: values["data-dir"], port: Number(values.port), dev: true, print: (line) => console.log(line) },
    (stack) => {
      console.log(
        `ready in ${((performance.now() - began) / 1000).toFixed(1)} s; Ctrl-C stops everything\n\n  ${stack.signInUrl}\n`,
      );
    },
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
