import "@fontsource-variable/inter/index.css";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { readTheme, themeCookie, themeScript } from "../features/shell/theme.ts";

export const metadata: Metadata = {
  title: { default: "Amalgam", template: "%s · Amalgam" },
  description: "A registry and merge platform for neural-network checkpoints",
  robots: { index: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#ffffff" },
    { media: "(prefers-color-scheme: dark)", color: "#15161a" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = readTheme((await cookies()).get(themeCookie)?.value);
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  return (
    <html lang="en" data-theme={theme ?? undefined} suppressHydrationWarning>
      <head>
        {/* Without a cookie the system decides, before anything is painted. */}
        {!theme && (
          <script
            nonce={nonce}
            suppressHydrationWarning
            // biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of this code base
            dangerouslySetInnerHTML={{ __html: themeScript }}
          />
        )}
      </head>
      <body>{children}</body>
    </html>
  );
}
