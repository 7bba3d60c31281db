import type { MergeMethod } from "../define-method.ts";
import { analogy } from "./analogy.ts";
import { arceeFusion } from "./arcee-fusion.ts";
import { breadcrumbs } from "./breadcrumbs.ts";
import { breadcrumbsTies } from "./breadcrumbs-ties.ts";
import { dareLinear } from "./dare-linear.ts";
import { dareTies } from "./dare-ties.ts";
import { della } from "./della.ts";
import { dellaLinear } from "./della-linear.ts";
import { dfMerge } from "./df-merge.ts";
import { dppa } from "./dppa.ts";
import { ema } from "./ema.ts";
import { emr } from "./emr.ts";
import { emrTask } from "./emr-task.ts";
import { fisher } from "./fisher.ts";
import { karcher } from "./karcher.ts";
import { lawa } from "./lawa.ts";
import { linear } from "./linear.ts";
import { loraCat } from "./lora-cat.ts";
import { loraExtract } from "./lora-extract.ts";
import { loraLinear } from "./lora-linear.ts";
import { loraSvd } from "./lora-svd.ts";
import { modelStock } from "./model-stock.ts";
import { multislerp } from "./multislerp.ts";
import { nearswap } from "./nearswap.ts";
import { nuslerp } from "./nuslerp.ts";
import { opcm } from "./opcm.ts";
import { passthrough } from "./passthrough.ts";
import { pcb } from "./pcb.ts";
import { ram } from "./ram.ts";
import { ramPlus } from "./ram-plus.ts";
import { regmean } from "./regmean.ts";
import { robustMerge } from "./robust-merge.ts";
import { sce } from "./sce.ts";
import { slerp } from "./slerp.ts";
import { swa } from "./swa.ts";
import { taskArithmetic } from "./task-arithmetic.ts";
import { taskVector } from "./task-vector.ts";
import { taskVectorSum } from "./task-vector-sum.ts";
import { ties } from "./ties.ts";
import { trimmedDfMerge } from "./trimmed-df-merge.ts";
import { ugm } from "./ugm.ts";
import { uniformSoup } from "./uniform-soup.ts";
import { warm } from "./warm.ts";

/** Every merge method, by family. GraphQL, forms, documentation and law tests derive from this list. */
export const methods: readonly MergeMethod[] = [
  ...[linear, uniformSoup, warm, modelStock],
  ...[slerp, nuslerp, multislerp, karcher],
  ...[taskArithmetic, taskVector, taskVectorSum, analogy, opcm],
  ...[ties, dareLinear, dareTies, dellaLinear, della, breadcrumbs, breadcrumbsTies],
  ...[sce, pcb, ram, ramPlus, nearswap, arceeFusion, dppa],
  ...[fisher, regmean, ugm, dfMerge, trimmedDfMerge],
  ...[swa, lawa, ema],
  passthrough,
  ...[emr, emrTask],
  ...[loraLinear, loraCat, loraSvd, robustMerge, loraExtract],
];
