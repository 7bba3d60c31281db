import { CommandLine } from "../../components/code-block.tsx";
import { Icon } from "../../components/icon.tsx";
import { Logo } from "../../components/logo.tsx";
import { Button } from "../../components/ui/button.tsx";
import { reasonText } from "./reason.ts";

/** Works without script: the form goes to the API, which sets the cookie and comes back. */
export function SignInPage({ reason, next }: { reason: string | undefined; next: string | undefined }) {
  const problem = reasonText(reason);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[392px] flex-col justify-center px-4 py-10">
      <div className="mb-6 flex items-center gap-2.5 text-[18px] font-[650] tracking-[-0.025em]">
        <Logo className="size-7" />
        Amalgam
      </div>
      <h1 className="text-page">Sign in</h1>
      {problem && (
        <p role="alert" className="mt-3 flex gap-2 rounded-control bg-bad-bg px-3 py-2 text-table text-bad">
          <Icon name="warn" className="mt-px size-4" />
          <span>{problem}</span>
        </p>
      )}
      <form action="/sign-in" method="post" className="mt-4">
        {next && <input type="hidden" name="next" value={next} />}
        <label htmlFor="token" className="text-table font-medium">
          Access token
        </label>
        <input
          id="token"
          name="token"
          type="password"
          required
          autoComplete="current-password"
          spellCheck={false}
          placeholder="amg_…"
          aria-invalid={problem ? true : undefined}
          className="mt-1.5 h-9 w-full rounded-control border border-line-2 bg-surface px-3 font-mono text-table phone:h-11"
        />
        <Button type="submit" look="filled" className="mt-3 h-9 w-full phone:h-11">
          Continue
        </Button>
      </form>
      <section className="mt-8 border-line border-t pt-5 text-table text-ink-2">
        <h2 className="text-table text-ink">Where is my link?</h2>
        <p className="mt-1">
          <code>amalgam up</code> prints a sign-in link when it starts. The token is also in the data directory:
        </p>
        <CommandLine command="cat .amalgam/access-token" className="mt-2.5" />
      </section>
    </main>
  );
}
