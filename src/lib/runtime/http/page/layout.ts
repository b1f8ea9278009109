import { html, raw } from 'hono/html';
import { formatDuration } from '../../../model/duration.js';
import { printable } from '../../../model/names.js';
import { resultNames } from '../../../model/results.js';

/** Escaped already: only `html` of hono makes it. */
export type Html = ReturnType<typeof html>;

export interface PageOptions {
  readonly title: string;
  /** The page loads itself anew after so many seconds. */
  readonly refreshSeconds?: number;
}

/** The beginning of a page; what follows may come bit by bit. */
export function pageStart({ title, refreshSeconds }: PageOptions): Html {
  return html`${raw(beforeTitle)}
    ${refreshSeconds === undefined ? '' : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
    <title>${printable(title)}</title>
    ${raw(afterTitle)}`;
}

const beforeTitle = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">`;
const afterTitle = `<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>`;

export const pageEnd: Html = html`${raw('</main>\n</body>\n</html>\n')}`;

export function page(options: PageOptions, body: Html): Html {
  return html`${pageStart(options)}${body}${pageEnd}`;
}

/** Text of the database: escaped by `html`, and nothing in it reorders or hides what is beside it. */
export function text(value: string): string {
  return printable(value);
}

export function since(now: number, then: number): string {
  return formatDuration(now - then);
}

/** A result or a state, in a word; the colour says nothing that the word does not. */
export function badge(word: string, kind: string = word): Html {
  return html`<span class="badge ${kind}">${word}</span>`;
}

export function resultBadge(results: number | null): Html {
  return badge(results === null ? 'running' : (resultNames[results] ?? `result ${results}`));
}
