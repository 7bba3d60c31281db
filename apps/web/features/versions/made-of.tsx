import Link from "next/link";
import { Digest } from "../../components/digest.tsx";
import { Facts } from "../../components/facts.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { MixtureStrip } from "../../components/strands/mixture-strip.tsx";
import { Card, CardHead } from "../../components/ui/card.tsx";
import { bytes, coefficient, duration, plural } from "../../lib/format.ts";
import { baseOf, colourOf, directParents, mixtureStrands } from "./mixture.ts";
import type { OverviewVersion } from "./overview-tab.tsx";
import { recipeFacts } from "./recipe-facts.ts";
import { coefficientNote } from "./recipe-words.ts";
import { VersionName } from "./version-name.tsx";
import { runPath, versionPath } from "./version-path.ts";

/** Parents by digest and coefficient: the table behind the strands. */
export function MadeOf({ version }: { version: OverviewVersion }) {
  const parents = directParents(version.parents);
  const base = baseOf(version.parents);
  const facts = recipeFacts(version.recipe);
  const run = version.mergeRun;
  const statistics = version.parents.reduce((sum, edge) => sum + edge.statistics.length, 0);
  const seconds = run?.startedAt && run.finishedAt ? (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000 : null;
  return (
    <Card className="flex flex-col">
      <CardHead title={parents.length > 0 ? "Made of" : "Comes from"}>
        <span className="text-caption text-ink-3">{facts.method}</span>
      </CardHead>
      <div className="px-4 pt-1 pb-2">
        {parents.length > 0 && <MixtureStrip strands={mixtureStrands(version.parents)} thick className="w-full" />}
        <table className="mt-2 w-full text-table">
          <caption className="sr-only">Parents of this version</caption>
          <thead className="sr-only">
            <tr>
              <th>Parent</th>
              <th>Digest</th>
              <th>Coefficient</th>
            </tr>
          </thead>
          <tbody>
            {[...(base ? [base] : []), ...parents].map((edge) => (
              <tr key={edge.id} className="border-line border-b last:border-b-0">
                <td className="h-[34px] max-w-[150px]">
                  <Link href={versionPath(edge.parent)} className="link flex min-w-0 items-center gap-2">
                    <KindGlyph kind={edge.parent.kind} colour={colourOf(edge.parent)} className="size-3.5" />
                    <VersionName version={edge.parent} />
                  </Link>
                </td>
                <td className="text-right">
                  <Digest value={edge.parentDigest} tight />
                </td>
                <td className="w-14 text-right font-medium">
                  {edge.coefficient === null ? (
                    <span className="font-normal text-ink-3">
                      {edge.role === "PARENT" ? coefficientNote(version.recipe, edge.parent.ref) : "base"}
                    </span>
                  ) : (
                    coefficient(edge.coefficient)
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {parents.length === 0 && !base && <p className="pb-2 text-table text-ink-3">Registered as it is. It names no parent.</p>}
      </div>
      {(facts.items.length > 0 || run) && (
        <div className="mt-auto border-line border-t px-4 py-3.5">
          <Facts
            items={[
              ...facts.items,
              ...(statistics === 0 ? [] : [{ label: "Weighed by", value: plural(statistics, "statistic") }]),
              ...(seconds === null ? [] : [{ label: "Took", value: duration(seconds) }]),
              ...(run?.peakMemoryBytes ? [{ label: "Peak memory", value: bytes(Number(run.peakMemoryBytes)) }] : []),
              ...(run
                ? [
                    {
                      label: "Run",
                      value: (
                        <Link href={runPath(run.id)} className="underline decoration-line-2 underline-offset-3">
                          open
                        </Link>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        </div>
      )}
    </Card>
  );
}
