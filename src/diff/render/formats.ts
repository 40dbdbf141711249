import { utf8 } from "../../core/internal.ts";
import type { Inline, Item, Report } from "./report.ts";
import { visible } from "./text-of.ts";

/** What a pull-request comment holds (GitHub: 65,536 characters; counted in bytes here, to be safe elsewhere too). */
const MARKDOWN_BYTES = 65_536;

/** How one format writes its pieces. */
interface Style {
  own(text: string): string;
  code(text: string): string;
  said(text: string): string;
}

const inline = (style: Style, pieces: readonly Inline[]): string =>
  pieces
    .map((piece) =>
      typeof piece === "string" ? style.own(piece) : "code" in piece ? style.code(piece.code) : style.said(piece.said),
    )
    .join("");

const plain: Style = {
  own: (text) => text,
  code: (text) => visible(text),
  said: (text) => visible(text, 400),
};

/** For a terminal: no character of a name gets through that would move the cursor. */
export function toText(report: Report, title: string | undefined): string {
  const lines = title === undefined ? [] : [visible(title), ""];
  const put = (items: readonly Item[], indent: string): void => {
    for (const { mark, text, items: below } of items) {
      lines.push(`${indent}${mark === "" ? "" : `${mark} `}${inline(plain, text)}`);
      put(below ?? [], `${indent}    `);
    }
  };
  lines.push(inline(plain, report.summary));
  for (const { heading, items } of report.sections) {
    lines.push("", inline(plain, heading));
    put(items, "  ");
  }
  return `${lines.join("\n")}\n`;
}

/** Every punctuation mark is escaped, and nobody is mentioned, no issue linked. */
function escapeMarkdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, "\\$&").replace(/[@#]/g, "$&\u200b");
}

const markdown: Style = {
  own: (text) => text.replace(/[[\]<>*_`]/g, "\\$&"),
  said: (text) => escapeMarkdown(visible(text, 400)),
  code(text) {
    const content = visible(text) || " ";
    // The fence is longer than any run of backticks inside; blanks keep a backtick at the end apart from it.
    const fence = "`".repeat(1 + Math.max(0, ...[...content.matchAll(/`+/g)].map(([run]) => run.length)));
    const pad = /^[ `]|[ `]$/.test(content) ? " " : "";
    return `${fence}${pad}${content}${pad}${fence}`;
  },
};

/** For a comment on a pull request, cut at whole lines where it would not fit. */
export function toMarkdown(report: Report, title: string | undefined): string {
  const lines = title === undefined ? [] : [`### ${escapeMarkdown(visible(title, 400))}`, ""];
  const put = (items: readonly Item[], indent: string): void => {
    for (const { mark, text, items: below } of items) {
      lines.push(`${indent}- ${mark === "" ? "" : `\`${mark}\` `}${inline(markdown, text)}`);
      put(below ?? [], `${indent}  `);
    }
  };
  lines.push(inline(markdown, report.summary));
  for (const { heading, items } of report.sections) {
    lines.push("", `**${inline(markdown, heading)}**`, "");
    put(items, "");
  }
  let bytes = 0;
  for (const [index, line] of lines.entries()) {
    bytes += utf8(line).length + 1;
    if (bytes <= MARKDOWN_BYTES - 100) continue;
    return `${lines.slice(0, index).join("\n")}\n\n… and ${lines.length - index} more lines.\n`;
  }
  return `${lines.join("\n")}\n`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

const html: Style = {
  own: escapeHtml,
  code: (text) => `<code>${escapeHtml(visible(text))}</code>`,
  said: (text) => escapeHtml(visible(text, 400)),
};

/** A fragment for `innerHTML`: no script, no style, no attribute but `class`; everything of others is escaped. */
export function toHtml(report: Report, title: string | undefined): string {
  const list = (items: readonly Item[]): string =>
    items.length === 0
      ? ""
      : `<ul>${items
          .map(({ mark, text, items: below }) => {
            const sign = mark === "" ? "" : `<b>${escapeHtml(mark)}</b> `;
            return `<li>${sign}${inline(html, text)}${list(below ?? [])}</li>`;
          })
          .join("\n")}</ul>`;
  const sections = report.sections.map(
    ({ heading, items }) => `<section><h3>${inline(html, heading)}</h3>\n${list(items)}</section>`,
  );
  const head = title === undefined ? "" : `<h2>${escapeHtml(visible(title, 400))}</h2>\n`;
  return `<article class="pv-diff">\n${head}<p>${inline(html, report.summary)}</p>\n${sections.join("\n")}\n</article>\n`;
}
