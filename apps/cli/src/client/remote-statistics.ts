import path from "node:path";
import { refusal } from "../failure.ts";
import { downloadFiles } from "./download.ts";
import { accepted, execute, patience } from "./graphql.ts";
import type { Server } from "./server.ts";
import { type RemoteStatistic, type RequestStatisticsInput, requestStatistics, statisticsOf } from "./statistics-operations.ts";

/** Asks for statistics; `runs` are what must end before every one is there. */
export async function askForStatistics(server: Server, input: RequestStatisticsInput) {
  return accepted((await execute(server, requestStatistics, { input }, { attempts: patience })).requestStatistics);
}

/** Everything that was measured of a version, the newest first. */
export async function listStatistics(server: Server, version: string): Promise<RemoteStatistic[]> {
  const found: RemoteStatistic[] = [];
  let after: string | null = null;
  for (;;) {
    const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(server, version, after);
    if (page.version === null) throw refusal("NO_VERSION", `The server knows no version ${version}.`, [version]);
    found.push(...page.statistics.edges.map(({ node }) => node));
    after = page.statistics.pageInfo.endCursor;
    if (!page.statistics.pageInfo.hasNextPage) return found;
  }
}

const pageOf = (server: Server, version: string, after: string | null) => execute(server, statisticsOf, { version, after });

/**
 * Downloads statistics, each checked against its digest: one into the file `out`, several into the folder `out` under the server's names.
 * @returns the paths, in the order of the statistics
 */
export async function downloadStatistics(
  server: Server,
  statistics: readonly RemoteStatistic[],
  out: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const whole = path.resolve(out);
  const isOne = statistics.length === 1;
  const folder = isOne ? path.dirname(whole) : whole;
  const files = statistics.map(({ key, sha256, sizeBytes, downloadPath }) => {
    if (sha256 === null || sizeBytes === null || downloadPath === null)
      throw refusal("NOT_MEASURED", `The statistic ${key} has not been measured.`);
    const name = isOne ? path.basename(whole) : (downloadPath.split("/").at(-1) ?? key);
    return { path: name, sha256, sizeBytes, downloadPath };
  });
  await downloadFiles(server, files, folder, signal ? { signal } : {});
  return files.map((file) => path.join(folder, file.path));
}
