import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginCacheControlDisabled } from "@apollo/server/plugin/disabled";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type Request, type Response, Router } from "express";
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import { createHandler } from "graphql-sse/lib/use/express";
import type { Deps } from "../deps.ts";
import { actorOf } from "../modules/accounts/require-actor.ts";
import type { Context } from "./context.ts";
import { formatError } from "./errors.ts";
import { documentLimits, maxTokens } from "./limits.ts";
import { schema } from "./schema.ts";

export interface GraphqlEndpoint {
  readonly handler: Router;
  close(): Promise<void>;
}

/** One path for everything: a caller that accepts an event stream gets one, any other gets Apollo Server. */
export async function startGraphql(deps: Deps): Promise<GraphqlEndpoint> {
  const apollo = new ApolloServer<Context>({
    schema,
    // Nothing here may be cached for others, and its hook on every field takes a quarter of the time of a long answer.
    plugins: [ApolloServerPluginCacheControlDisabled()],
    validationRules: [documentLimits],
    parseOptions: { maxTokens },
    introspection: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted, error) => formatError(deps.log, formatted, error),
    // Its own signal handler calls stop() first, and a second stop() never settles (5.5.1).
    stopOnTerminationSignals: false,
    logger: deps.log,
  });
  await apollo.start();

  const handler = Router();
  handler.post("/", (req, res, next) => {
    if (!req.headers.accept?.includes("text/event-stream")) return next();
    // Apollo's check against forged requests does not cover this way: a form post must not pass as a query.
    if (!req.is("application/json")) return void res.status(415).json({ code: "NOT_JSON", message: "Send application/json." });
    return streamEvents(deps, req, res).catch(next);
  });
  handler.use(
    "/",
    express.json({ limit: "1mb" }),
    expressMiddleware(apollo, { context: async ({ req, res }) => contextOf(deps, req, res) }),
  );
  return { handler, close: () => apollo.stop() };
}

function contextOf(deps: Deps, req: Request, res: Response): Context {
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  return { deps, actor: actorOf(req), signal: gone.signal };
}

async function streamEvents(deps: Deps, req: Request, res: Response): Promise<void> {
  const context = contextOf(deps, req, res);
  const contextValue = { ...context };
  const answer = createHandler<typeof contextValue>({
    schema,
    context: () => contextValue,
    // No token: each request is a stream of its own.
    authenticate: () => null,
    onSubscribe: (_req, { query, variables, operationName }) => {
      const document = readDocument(query);
      if (!("kind" in document))
        return [JSON.stringify({ errors: document }), { status: 400, statusText: "Bad Request", headers: jsonType }];
      return { schema, document, contextValue, variableValues: variables, operationName };
    },
    onNext: (_context, _req, result) => masked(deps, result as ExecutionResult),
  });
  res.set("x-accel-buffering", "no");
  await answer(req, res);
}

const jsonType = { "content-type": "application/json; charset=utf-8" };

/** The same rules as for every other operation. */
function readDocument(query: unknown): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(String(query), { maxTokens });
    const errors = validate(schema, document, [...specifiedRules, documentLimits]);
    return errors.length > 0 ? errors : document;
  } catch (error) {
    return [error instanceof GraphQLError ? error : new GraphQLError("The document cannot be read.")];
  }
}

function masked(deps: Deps, result: ExecutionResult): ExecutionResult {
  if (!result.errors) return result;
  const errors = result.errors.map(
    (error) => formatError(deps.log, error.toJSON(), error) as GraphQLFormattedError as GraphQLError,
  );
  return { ...result, errors };
}
