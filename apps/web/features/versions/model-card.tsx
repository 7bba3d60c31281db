import type { ReactNode } from "react";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { withoutFrontMatter } from "./front-matter.ts";

/** A card is somebody else's text: no raw HTML, no images from elsewhere, links leave without a referrer. */
export function ModelCard({ text }: { text: string }) {
  return (
    <div className="prose-card max-w-[820px] px-4 pt-1 pb-5 text-body wrap-anywhere">
      <Markdown
        skipHtml
        remarkPlugins={[remarkGfm]}
        components={{
          h1: ({ children }) => <Heading>{children}</Heading>,
          h2: ({ children }) => <Heading>{children}</Heading>,
          a: ({ href, children }) => (
            <a
              href={href}
              rel="noreferrer nofollow"
              className="underline decoration-line-2 underline-offset-3 hover:decoration-ink-4"
            >
              {children}
            </a>
          ),
          table: ({ children }) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
            <section className="scroll-x" aria-label="Table" tabIndex={0}>
              <table>{children}</table>
            </section>
          ),
          img: ({ alt }) => <span className="text-ink-3">{alt ? `[image: ${alt}]` : "[image]"}</span>,
        }}
      >
        {withoutFrontMatter(text)}
      </Markdown>
    </div>
  );
}

/** The page has its own h1; a card starts one level lower. */
function Heading({ children }: { children?: ReactNode }) {
  return <h3 className="text-section">{children}</h3>;
}
