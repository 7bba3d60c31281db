import Link from "next/link";
import type { ReactNode } from "react";
import { Logo } from "../../components/logo.tsx";
import { graphql } from "../../gql/index.ts";
import { load } from "../../lib/load.ts";
import { CommandBar } from "../search/command-bar.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { BottomBar, TopNav } from "./nav-links.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

const ShellDocument = graphql(`
  query Shell {
    viewer {
      name
      namespaces
      backends { name chosen reason }
    }
  }
`);

/** The frame of every page behind the sign-in. It stands, without the account, also when the API is away. */
export async function Shell({ children }: { children: ReactNode }) {
  const viewer = await load(ShellDocument, {});
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-control focus:bg-fill focus:px-3 focus:py-2 focus:text-on-fill"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-20 flex h-[52px] items-center gap-1 border-line border-b bg-surface px-7 phone:px-3">
        <Link href="/" className="mr-[18px] flex items-center gap-2 text-[15px] font-[650] tracking-[-0.025em] phone:mr-0">
          <Logo />
          Amalgam
        </Link>
        <TopNav />
        <span className="flex-1" />
        <CommandBar />
        <ThemeToggle />
        {viewer.ok && <AccountMenu viewer={viewer.data.viewer} />}
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto max-w-[1520px] px-7 pt-6 pb-12 outline-none phone:px-4 phone:pt-4 phone:pb-24"
      >
        {children}
      </main>
      <BottomBar />
      <Shortcuts />
    </>
  );
}
