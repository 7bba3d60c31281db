import { existsSync } from "node:fs";
import path from "node:path";
import { defineCommand } from "citty";
import { checkoutRoot as root } from "../checkout-root.ts";
import { Interrupted, refusal } from "../failure.ts";
import { wholeNumber } from "../options.ts";
import { formatDuration } from "../terminal/format.ts";
import { note, print } from "../terminal/output.ts";

function assertBuilt(): void {
  const needed = ["apps/api/dist/main.js", "apps/api/dist/worker.js", "apps/web/.next/BUILD_ID"];
  const missing = needed.find((file) => !existsSync(path.join(root, file)));
  if (missing)
    throw refusal("NOT_BUILT", `${path.join(root, missing)} is missing. Run npm run build in ${root} first.`, [missing]);
}

export const up = defineCommand({
  meta: { name: "up", description: "Start the whole stack on this machine: PostgreSQL, API, worker and dashboard" },
  args: {
    "data-dir": {
      type: "string",
      valueHint: "folder",
      description: "Where everything is kept; default .amalgam in the checkout",
    },
    port: { type: "string", valueHint: "port", description: "Port of the dashboard and the API; default 4000" },
  },
  async run({ args }) {
    const port = wholeNumber(args.port, "--port", { min: 0, max: 65_535 }) ?? 4000;
    const dataDir = path.resolve(args["data-dir"] ?? path.join(root, ".amalgam"));
    assertBuilt();
    const { runStack } = await import("@amalgam/local");
    const began = performance.now();
    const code = await runStack({ root, dataDir, port, print: note }, ({ url, signInUrl }) => {
      note(`Ready in ${formatDuration((performance.now() - began) / 1000)}. Ctrl-C stops everything.`);
      print(`\n  dashboard  ${url}\n  sign in    ${signInUrl}\n`);
      // The command line finds a stack by a folder named .amalgam above it; anywhere else it has to be told.
      note(`Elsewhere: export AMALGAM_URL=${url} AMALGAM_TOKEN="$(cat '${path.join(dataDir, "access-token")}')"`);
    }).catch((error: unknown) => {
      // The stack's own words (a taken port, a broken PostgreSQL) are meant for the user.
      throw refusal("STACK_FAILED", error instanceof Error ? error.message : String(error));
    });
    if (code !== 0) throw new Interrupted("Stopped.", code);
  },
});
