/*
 * `/builds/ID`: a build with its steps, and their logs, followed as they grow, without a script: the page is a response
 * that goes on until the build has ended.
 */
import { html } from 'hono/html';
import type { BuildPageFacts, StepPageFacts } from '../../../db/page-facts.js';
import { count } from '../../../model/names.js';
import { pageEnd, pageStart, resultBadge, since, text } from './layout.js';
import type { Html } from './layout.js';

/** What the page reads, while it goes on. */
export interface BuildSource {
  /** The database's clock with it. `null`: there is no such build (any more). */
  readBuild(): Promise<{ readonly build: BuildPageFacts; readonly now: number } | null>;
  /** Lines of a log from this one on, each with its mark if the log has marks. */
  readLines(logId: number, first: number, limit: number): Promise<readonly string[]>;
  /** Until there may be more. */
  pause(): Promise<void>;
  readonly signal: AbortSignal;
}

/** Of a log that is longer when it is first shown, the end. */
const tailLines = 200;
const linesAtOnce = 500;
/** A page that has shown so many lines ends: a browser holds no more with pleasure. */
const mostLines = 20_000;

/** The page, piece by piece. `first` is what `readBuild` has given just now. */
export async function* buildPage(first: BuildPageFacts, now: number, source: BuildSource): AsyncGenerator<Html> {
  yield head(first, now);
  const shown = new Shown();
  for (let build: BuildPageFacts | null = first; build; build = (await source.readBuild())?.build ?? null) {
    yield* shown.news(build, source);
    if (build.completeAt !== null) {
      yield html`<p>Ended after ${since(build.completeAt, build.startedAt)}: ${resultBadge(build.results)} ${text(build.state)}</p>`;
      break;
    }
    if (source.signal.aborted || shown.lines >= mostLines) {
      yield html`<p class="soft">The page ends here, the build goes on: <a href="/builds/${build.id}">load it anew</a>.</p>`;
      break;
    }
    await source.pause();
  }
  yield pageEnd;
} // prettier-ignore

function head(build: BuildPageFacts, now: number): Html {
  const { builder, number, worker, master, reason, requestId, startedAt, completeAt, results } = build;
  const on = `${worker === null ? '' : ` on ${text(worker)}`}${master === null ? '' : `, by ${text(master)}`}`;
  return html`${pageStart({ title: `${builder} #${number} – bbctl` })}
    <p><a href="/">All builds and masters</a></p>
    <h1>${text(builder)} #${number} ${completeAt === null ? '' : resultBadge(results)}</h1>
    <p>${text(reason)}</p>
    <p class="soft">Started ${since(now, startedAt)} ago${on}; request ${requestId}.${completeAt === null ? ' It runs, and is followed here until it has ended.' : ''}</p>`;
} // prettier-ignore

/** What the reader has seen of each step and log. */
class Shown {
  lines = 0;
  private readonly steps = new Set<number>();
  private readonly ended = new Set<number>();
  /** Log → the next line. */
  private readonly next = new Map<number, number>();

  async *news(build: BuildPageFacts, source: BuildSource): AsyncGenerator<Html> {
    for (const step of build.steps) {
      if (!this.steps.has(step.id)) yield stepHead(step);
      this.steps.add(step.id);
      for (const log of step.logs) yield* this.logNews(log, source);
      if (step.completeAt !== null && !this.ended.has(step.id)) {
        this.ended.add(step.id);
        yield html`<p>${resultBadge(step.results)} ${text(step.state)}</p>`;
      }
    }
  }

  private async *logNews(log: StepPageFacts['logs'][number], source: BuildSource): AsyncGenerator<Html> {
    let next = this.next.get(log.id);
    if (next === undefined) {
      next = Math.max(0, log.lines - tailLines);
      yield html`<p class="soft">${text(log.slug)}: ${count(log.lines, 'line')}, <a href="/api/v2/logs/${log.id}/raw">download</a>${next > 0 ? `; the last ${tailLines}:` : ''}</p>`;
    }
    while (next < log.lines && this.lines < mostLines) {
      const lines = await source.readLines(log.id, next, Math.min(linesAtOnce, log.lines - next));
      if (lines.length === 0) break;
      yield html`<pre>${lines.map((line) => lineOf(line, log.type))}</pre>`;
      next += lines.length;
      this.lines += lines.length;
    }
    this.next.set(log.id, next);
  }
} // prettier-ignore

function stepHead({ number, name }: StepPageFacts): Html {
  return html`<h2>${number}. ${text(name)}</h2>`;
}

const kinds: Readonly<Record<string, string>> = { h: 'h', e: 'e' };

function lineOf(line: string, type: string): Html {
  if (type !== 's') return html`${text(line)}${'\n'}`;
  const kind = kinds[line.charAt(0)];
  const shown = text(line.slice(1));
  return kind === undefined ? html`${shown}${'\n'}` : html`<span class="${kind}">${shown}</span>${'\n'}`;
}
