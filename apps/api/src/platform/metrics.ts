import type { RequestHandler } from "express";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Prometheus metrics of one process. */
export interface Metrics {
  /** Times every request. The route, not the path, is the label, so ids never become time series. */
  readonly observeRequests: RequestHandler;
  observeJob(name: string, outcome: "done" | "failed" | "aborted", seconds: number): void;
  /** A number asked for at every scrape. */
  gauge(name: string, help: string, read: () => Promise<number> | number): void;
  /** Answers a scrape. */
  readonly serve: RequestHandler;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "amalgam_http_request_seconds",
    help: "Time to answer, by method, route and status",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const jobs = new Histogram({
    name: "amalgam_job_seconds",
    help: "Time a job ran, by name and outcome",
    labelNames: ["name", "outcome"],
    buckets: [0.1, 0.5, 2, 10, 60, 300, 1800, 7200],
    registers: [registry],
  });
  return {
    observeRequests(req, res, next) {
      const stop = requests.startTimer({ method: req.method });
      res.once("close", () => stop({ route: String(req.route?.path ?? (req.baseUrl || "other")), status: res.statusCode }));
      next();
    },
    observeJob: (name, outcome, seconds) => jobs.observe({ name, outcome }, seconds),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    },
    serve(_req, res, next) {
      registry.metrics().then((text) => void res.type(registry.contentType).send(text), next);
    },
  };
}
