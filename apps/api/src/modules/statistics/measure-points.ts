import { watchMemory } from "@amalgam/engine/evaluate";
import { trim } from "@amalgam/engine/merge-by-statistics";
import {
  countExamples,
  type FisherEstimator,
  forwardExamples,
  gramMatrices,
  gramToTensors,
  inputFisher,
  moveTo,
  type OpenInputs,
  openInputs,
  openRay,
  type RayPoint,
  type StatisticAbout,
  writeStatistic,
} from "@amalgam/engine/statistics";
import type { MeasureRequest, Point, PointCost } from "./measurer.ts";

interface Listener {
  onProgress(part: number): void;
  onPoint(index: number, cost: PointCost): void;
}

/** Opens a model and its examples once, and measures it at every point. Runs in a child process. */
export async function measurePoints(request: MeasureRequest, { onProgress, onPoint }: Listener): Promise<void> {
  const { points } = request;
  const opened = await open(request);
  try {
    let way: Ray | null = null;
    for (const [done, { point, index }] of inOrder(points).entries()) {
      if (!isItself(point)) {
        way ??= await wayFrom(opened, request);
        moveTo(opened.network.parameters, { ...trimmed(way, point), lambda: point.about.lambda });
      }
      const memory = watchMemory();
      const { passes, seconds } = await measure(opened, point, (part) => onProgress((done + part) / points.length));
      onPoint(index, { passes, seconds, truncated: opened.truncated, peakMemoryBytes: memory.peakBytes() });
    }
  } finally {
    opened.network.dispose();
  }
}

/** The model itself first: from then on its weights are moved. */
const inOrder = (points: readonly Point[]) =>
  points.map((point, index) => ({ point, index })).sort((a, b) => Number(isItself(b.point)) - Number(isItself(a.point)));

const isItself = ({ about }: Point): boolean => about.base === null;

/** From the base through the model. */
type Ray = Omit<RayPoint, "lambda">;

function wayFrom({ network }: OpenInputs, { model, head, labels, base }: MeasureRequest): Promise<Ray> {
  if (base === undefined) throw new Error("A scaled model needs a base.");
  return openRay(network, { model, head, labels, base });
}

function trimmed({ base, delta }: Ray, { about }: Point): Ray {
  const density = about.settings["density"];
  return typeof density === "number" ? { base, delta: trim(delta, density) } : { base, delta };
}

async function open({ model, head, base, labels, data, points }: MeasureRequest): Promise<OpenInputs> {
  const about = points[0]?.about;
  // Beside the weights: f64 sums and their result; of a ray its start and direction, and the base while it is read.
  const sumsPerWeight = about?.kind === "gram" ? 0 : base === undefined ? 3 : 6;
  const opened = await openInputs({
    ...{ model, data, sumsPerWeight },
    ...(about === undefined ? {} : { limit: about.examples }),
    ...(head === undefined ? {} : { head }),
    ...(labels === undefined ? {} : { labels }),
  });
  if (about !== undefined && opened.input.asks !== about.settings["asks"]) {
    opened.network.dispose();
    throw new Error(`The examples ask this model for ${opened.input.asks}, but the task is about ${about.settings["asks"]}.`);
  }
  if (about !== undefined && countExamples(opened.input) !== about.examples) {
    opened.network.dispose();
    throw new Error(
      `The split has ${countExamples(opened.input)} examples, not ${about.examples} as was noted when it was registered.`,
    );
  }
  return opened;
}

interface Found {
  readonly passes: number;
  readonly seconds: number;
}

async function measure({ network, input }: OpenInputs, { about, file }: Point, report: (part: number) => void): Promise<Found> {
  const onProgress = ({ done, total }: { done: number; total: number }) => report(done / total);
  if (about.kind === "gram") {
    const memoryLimitBytes = process.availableMemory?.() ?? Number.POSITIVE_INFINITY;
    const found = await gramMatrices(network, forwardExamples(input), { memoryLimitBytes, onProgress });
    await writeStatistic(file, about, gramToTensors(found));
    return { passes: found.examples, seconds: found.seconds };
  }
  const found = await inputFisher(network, input, { estimator: estimatorOf(about), onProgress });
  const tensors = [...found.values].map(([name, values]) => [name, { shape: network.parameters.shape(name), values }] as const);
  await writeStatistic(file, about, tensors);
  return { passes: found.passes, seconds: found.seconds };
}

function estimatorOf({ estimator, settings, seed }: StatisticAbout): FisherEstimator {
  if (estimator === "sampled") return { kind: "sampled", draws: Number(settings["draws"]), seed: seed ?? 0 };
  return { kind: estimator === "exact" ? "exact" : "empirical" };
}
