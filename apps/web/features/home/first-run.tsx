import { CommandLine } from "../../components/code-block.tsx";
import { CopyTextButton } from "../../components/copy-button.tsx";
import { Icon } from "../../components/icon.tsx";
import { StrandCanvas } from "../../components/strands/strand-canvas.tsx";
import { ButtonLink } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";

const ghosts = [0.42, 0.71, 0.88, 0.35, 0.63, 0.54].map((coefficient, i) => ({
  key: `ghost-${i}`,
  label: `parent ${i + 1}`,
  colour: "var(--line)",
  coefficient,
  content: <span className="block h-2 w-20 rounded-full bg-line" />,
}));

/** The same frame as a full home: ghost strands where the best merge will be, and three steps to get there. */
export function FirstRun({ hasVersions }: { hasVersions: boolean }) {
  const steps = [
    {
      title: "Register a folder",
      text: "A base and its fine-tunes, as Hugging Face folders.",
      command: "amalgam push ./my-model --as acme/math --base acme/base",
      isDone: hasVersions,
    },
    {
      title: "Merge two fine-tunes",
      text: "Pre-flight reads the headers and answers in about a second.",
      link: { href: "/merge", label: "New merge" },
      isDone: false,
    },
    {
      title: "See what it gained",
      text: "Parents, average and merge side by side, with intervals.",
      link: { href: "/leaderboards", label: "Leaderboards" },
      isDone: false,
    },
  ];
  return (
    <Card
      label="First steps"
      className="grid grid-cols-[minmax(0,1fr)_430px] overflow-hidden narrow:grid-cols-[minmax(0,1fr)_380px] phone:grid-cols-1"
    >
      <div className="flex items-center py-3 pr-2 phone:hidden">
        <div className="w-full">
          <StrandCanvas inputs={ghosts} resultLabel="your first merge" isGhost />
        </div>
      </div>
      <div className="flex flex-col justify-center py-6 pr-6 pl-7 phone:px-4 phone:py-5">
        <ol>
          {steps.map((step, i) => (
            <li key={step.title} className="grid grid-cols-[24px_minmax(0,1fr)] gap-x-3 pb-5">
              <span className="num grid size-6 place-items-center rounded-full border border-line-2 text-caption font-medium text-ink-2">
                {step.isDone ? <Icon name="check" className="size-3.5 text-ok" /> : i + 1}
              </span>
              <div className="min-w-0">
                <h2 className="text-section">
                  {step.title}
                  {step.isDone && <span className="sr-only"> (done)</span>}
                </h2>
                <p className="text-table text-ink-2">{step.text}</p>
                {step.command && <CommandLine command={step.command} className="mt-2" />}
                {step.link && (
                  <ButtonLink href={step.link.href} className="mt-2">
                    {step.link.label}
                  </ButtonLink>
                )}
              </div>
            </li>
          ))}
        </ol>
        {!hasVersions && (
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-t pt-4">
            <CopyTextButton look="filled" text="npm run demo" label="Load the six-tasks example" />
            <span className="text-caption text-ink-3">
              copies <code>npm run demo</code>
            </span>
          </div>
        )}
      </div>
    </Card>
  );
}
