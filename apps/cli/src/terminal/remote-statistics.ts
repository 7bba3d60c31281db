import type { RemoteStatistic } from "../client/statistics-operations.ts";
import { formatBytes, formatCount, formatDuration } from "./format.ts";
import type { Style } from "./style.ts";
import { type Column, renderTable } from "./table.ts";

const columns: Column[] = [
  { title: "Version" },
  { title: "Statistic" },
  { title: "λ", align: "right" },
  { title: "Data" },
  { title: "Examples", align: "right" },
  { title: "Took", align: "right" },
  { title: "Size", align: "right" },
  { title: "Key" },
];

/** One line for each statistic of the server. */
export function renderRemote(statistics: readonly RemoteStatistic[], style: Style): string {
  const rows = statistics.map(({ version, kind, estimator, lambda, split, examples, state, seconds, sizeBytes, key }) => [
    version.ref,
    kind === "GRAM" ? "gram" : `fisher, ${estimator}`,
    `${lambda}`,
    `${split.task.namespace}/${split.task.name} ${split.name}`,
    formatCount(examples),
    seconds === null ? state.toLowerCase() : formatDuration(seconds),
    sizeBytes === null ? "–" : formatBytes(sizeBytes),
    key.slice(0, 12),
  ]);
  return renderTable(columns, rows, style);
}

/** What `--json` tells of one, the same words as of one that was measured here. */
export function remoteJson(statistic: RemoteStatistic, file: string | null): object {
  const { key, kind, estimator, lambda, examples, state, version, base, split, seconds, sizeBytes, sha256 } = statistic;
  return {
    ...{ key, kind: kind.toLowerCase(), estimator, lambda, examples, state, seconds, sizeBytes, sha256, file },
    ...{ version: version.ref, base: base?.ref ?? null, task: `${split.task.namespace}/${split.task.name}`, split: split.name },
  };
}
