import path from "node:path";
import type { NextConfig } from "next";

const root = path.join(import.meta.dirname, "../..");

/** The Content-Security-Policy needs a nonce for each answer and is set in proxy.ts. */
const securityHeaders = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
  { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()" },
];

export default {
  poweredByHeader: false,
  // The API stands in front and compresses; Next's own compression would hold back event streams.
  compress: false,
  devIndicators: false,
  agentRules: false,
  allowedDevOrigins: ["127.0.0.1", "localhost"],
  turbopack: { root },
  outputFileTracingRoot: root,
  headers: async () => [{ source: "/:path*", headers: securityHeaders }],
} satisfies NextConfig;
