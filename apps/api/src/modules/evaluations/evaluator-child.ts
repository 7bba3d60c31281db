import { type EvaluationRequest, evaluate, type Score } from "@amalgam/engine/evaluate";
import { type BackendName, selectBackend } from "@amalgam/engine/runtime";
import { measurePoints } from "../statistics/measure-points.ts";
import type { MeasureRequest, PointCost } from "../statistics/measurer.ts";
import type { BackendReport } from "./evaluator.ts";

/** Paths on this disk, made by the worker. */
export type EvaluatorRequest = Omit<EvaluationRequest, "onProgress" | "signal" | "source"> & { readonly task: string };

export type EvaluatorMessage =
  | { readonly kind: "evaluate"; readonly request: EvaluatorRequest }
  | { readonly kind: "measure"; readonly request: MeasureRequest }
  | { readonly kind: "backends" };

export type EvaluatorReply =
  | { readonly kind: "progress"; readonly part: number }
  | { readonly kind: "score"; readonly score: Score }
  | { readonly kind: "point"; readonly index: number; readonly cost: PointCost }
  | { readonly kind: "measured" }
  | { readonly kind: "backends"; readonly backends: readonly BackendReport[] }
  | { readonly kind: "failed"; readonly message: string };

/** A worker that dies takes this process with it. */
process.on("disconnect", () => process.exit());

const choice = selectBackend((process.env["AMALGAM_BACKEND"] ?? "auto") as BackendName | "auto");
choice.catch(() => {}); // every request reports it

/** Whether it arrives is told by `disconnect`: a worker that was killed hears nothing. */
const reply = (message: EvaluatorReply) => process.send?.(message, undefined, undefined, () => {});

process.on("message", (message: EvaluatorMessage) => {
  answer(message).then(reply, (error: unknown) =>
    reply({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});

function answer(message: EvaluatorMessage): Promise<EvaluatorReply> {
  if (message.kind === "backends") return describe();
  return message.kind === "measure" ? measure(message.request) : score(message.request);
}

async function describe(): Promise<EvaluatorReply> {
  const { chosen, considered } = await choice;
  return { kind: "backends", backends: considered.map(({ name, reason }) => ({ name, reason, chosen: name === chosen })) };
}

async function score(request: EvaluatorRequest): Promise<EvaluatorReply> {
  await choice;
  const onProgress = ({ done, total }: { done: number; total: number }) => reply({ kind: "progress", part: done / total });
  return { kind: "score", score: await evaluate({ ...request, onProgress }) };
}

async function measure(request: MeasureRequest): Promise<EvaluatorReply> {
  await choice;
  await measurePoints(request, {
    onProgress: (part) => reply({ kind: "progress", part }),
    onPoint: (index, cost) => reply({ kind: "point", index, cost }),
  });
  return { kind: "measured" };
}
