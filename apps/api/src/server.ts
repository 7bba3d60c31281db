import http from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Deps } from "./deps.ts";
import { startGraphql } from "./graphql/endpoint.ts";
import { requireActor } from "./modules/accounts/require-actor.ts";
import { signInRoutes } from "./modules/accounts/sign-in.routes.ts";
import { isDatabaseFault } from "./modules/database-fault.ts";
import { healthRoutes } from "./modules/health.routes.ts";
import { downloadRoutes } from "./modules/models/download.routes.ts";
import { uploadRoutes } from "./modules/uploads/upload.routes.ts";
import type { Metrics } from "./platform/metrics.ts";
import { proxyTo } from "./platform/proxy.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0: any free port */
  readonly port: number;
  readonly webUrl: string | undefined;
  readonly metrics: Metrics;
}

export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** The front door: health, sign-in, GraphQL, transfers; the web server gets the rest. */
export async function startServer(deps: Deps, { host, port: wanted, webUrl, metrics }: ServerOptions): Promise<Server> {
  const app = express().disable("x-powered-by").disable("etag").set("query parser", "simple");
  const httpServer = http.createServer(app);
  // A part of an upload may take minutes on a thin line; headers may not.
  httpServer.requestTimeout = 0;
  httpServer.headersTimeout = 20_000;
  // Nothing is awaited between listening and the last route, so that no request meets half a server.
  const graphql = await startGraphql(deps);
  await new Promise<void>((resolve, reject) => {
    httpServer.once("error", reject);
    httpServer.listen(wanted, host, resolve);
  });
  const { port } = httpServer.address() as AddressInfo;
  const cookieName = `amalgam_${port}`;

  app.use(metrics.observeRequests);
  app.use(healthRoutes(deps, metrics));
  app.use(signInRoutes(deps, cookieName));
  // Whatever comes after this line has an actor.
  app.use(requireActor(deps, cookieName, webUrl !== undefined));
  app.use("/graphql", graphql.handler);
  app.use(uploadRoutes(deps));
  app.use(downloadRoutes(deps));
  if (webUrl) app.use(proxyTo(new URL(webUrl), httpServer));
  app.use((_req, res) => void res.status(404).json({ code: "NOT_FOUND", message: "There is nothing here." }));
  app.use(errorHandler(deps));

  return {
    port,
    async close() {
      httpServer.close();
      httpServer.closeAllConnections(); // event streams never end by themselves
      await graphql.close();
    },
  };
}

/** The last resort of every route: what went wrong is for the log, not for the caller. */
const errorHandler =
  (deps: Deps): express.ErrorRequestHandler =>
  (error: Error & { status?: number; type?: string }, req, res, _next) => {
    if (res.headersSent) return void res.destroy();
    const status = error.status ?? (error.name === "ForbiddenError" ? 403 : error.name === "StoreFullError" ? 507 : 500);
    if (status < 500 || status === 507)
      return void res.status(status).json({ code: codes[status] ?? "BAD_REQUEST", message: error.message });
    deps.log.error({ err: error, path: req.path }, "a request failed");
    if (isDatabaseFault(error))
      return void res.status(503).json({ code: "UNAVAILABLE", message: "The database does not answer. Try again in a moment." });
    res.status(500).json({ code: "INTERNAL", message: "The server failed to answer. Its log says why." });
  };

const codes: Readonly<Record<number, string>> = { 403: "FORBIDDEN", 413: "TOO_LARGE", 507: "STORE_FULL" };
