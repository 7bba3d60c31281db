import { type Logger, pino } from "pino";

export type { Logger };

const secrets = ["req.headers.authorization", "req.headers.cookie", "*.token", "*.password", "*.secretKey"];

/** JSON lines on standard output. Give child loggers the id of the run they speak about. */
export function createLogger({ level, name }: { level: string; name: string }): Logger {
  return pino({ name, level, redact: secrets, base: { name }, timestamp: pino.stdTimeFunctions.isoTime });
}
