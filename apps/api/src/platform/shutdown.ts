/** Tells the supervisor that this process does its work now; nothing when there is none. */
export function announceReady(): void {
  process.send?.({ ready: true });
}

/**
 * Runs `close` once on SIGTERM, on SIGINT, or when the supervisor's channel closes because it died, then ends the process. When
 * `close` hangs, the process ends anyway after `limitMs`.
 */
export function onShutdown(close: () => Promise<void>, limitMs = 8000): void {
  let hasBegun = false;
  const stop = () => {
    if (hasBegun) return;
    hasBegun = true;
    setTimeout(() => process.exit(1), limitMs).unref();
    close().then(
      () => process.exit(0),
      (error) => {
        process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  if (process.channel) {
    process.on("disconnect", stop);
    process.channel.unref?.(); // the channel alone keeps nobody alive
  }
}
