import { differenceOverSeeds } from "../over-seeds.ts";
import { intervalChart } from "../plots/interval-chart.ts";
import { type ReportInput, reportsOf, secondOf } from "../report.ts";

/** Every arm against the average, on both splits. */
export function tablePlot({ arms, results, second }: ReportInput): string {
  const rows = arms
    .filter(({ id }) => id !== "average")
    .map(({ id, title }) => {
      const both = [
        differenceOverSeeds(reportsOf(results, id), reportsOf(results, "average")),
        differenceOverSeeds(secondOf(second, id), secondOf(second, "average")),
      ];
      return { title, marks: both.map(({ value, low, high }) => ({ value: 100 * value, low: 100 * low, high: 100 * high })) };
    });
  return intervalChart({
    title: "Accuracy over the average of the experts",
    x: "points, with 95 % intervals",
    series: ["report split", "second split"],
    rows,
  });
}
