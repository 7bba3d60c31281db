import type { GraphQLSchema } from "graphql";
import "./scalars.ts";
import "./faults.ts";
import "../modules/accounts/viewer.graphql.ts";
import "../modules/models/models.graphql.ts";
import "../modules/models/versions.graphql.ts";
import "../modules/models/model-mutations.graphql.ts";
import "../modules/uploads/uploads.graphql.ts";
import "../modules/runs/runs.graphql.ts";
import "../modules/merges/merges.graphql.ts";
import "../modules/lineage/lineage.graphql.ts";
import "../modules/evaluations/datasets.graphql.ts";
import "../modules/evaluations/tasks.graphql.ts";
import "../modules/evaluations/evaluations.graphql.ts";
import "../modules/evaluations/leaderboard.graphql.ts";
import { builder } from "./builder.ts";

export const schema: GraphQLSchema = builder.toSchema();
