import { html } from 'hono/html';
import { count, thousands } from '../../../model/names.js';
import { kindNames } from '../../../model/service.js';
import { badge, page, resultBadge, since, text } from './layout.js';
import type { Html } from './layout.js';
import type { BuilderLine, MasterCard, Overview, QueueLine, RunningLine } from './overview.js';
import { timelineSection } from './timeline-section.js';

const refreshSeconds = 10;

/** `/`: the whole cluster as this master sees it. */
export function overviewPage(overview: Overview): Html {
  const { self, builders, orphans, queue, running } = overview;
  return page(
    { title: `${self.name} – bbctl`, refreshSeconds },
    html`<h1>${text(self.name)} ${badge(self.state)}</h1>
      ${troubles(overview)} ${drainLink(overview)}
      ${section('Masters', html`<div class="cards">${overview.masters.map((card) => masterCard(card, overview.now))}</div>`)}
      ${section(`Running builds (${running.length})`, running.length === 0 ? nothing('No build runs.') : running.map((line) => runningCard(line, overview.now)))}
      ${section('Queue', queue.length === 0 ? nothing('No request waits.') : queueTable(queue, overview.now))}
      ${section(`Builders (${builders.length})`, builders.length === 0 ? nothing('No master configures any.') : builderTable(builders))}
      ${orphans.total === 0 ? '' : orphanList(orphans)} ${timelineSection(overview)}
      <p class="soft">This page loads itself anew every ${refreshSeconds} s. The same as data: <a href="/api/v2/masters">/api/v2</a>, <a href="/metrics">/metrics</a>.</p>`,
  ); // prettier-ignore
}

type Body = Html | readonly Html[];

function section(title: string, body: Body): Html {
  return html`<section>
    <h2>${title}</h2>
    ${body}
  </section>`;
}

function nothing(sentence: string): Html {
  return html`<p class="soft">${sentence}</p>`;
}

function troubles({ stuck, unheld, queue }: Overview): Html {
  const unservable = queue.filter(({ isUnservable }) => isUnservable).reduce((sum, { length }) => sum + length, 0);
  const lines = [
    stuck.services > 0 ? `${count(stuck.services, 'service')} held by a master that is dead.` : '',
    stuck.requests > 0 ? `${count(stuck.requests, 'request')} claimed by a master that is dead.` : '',
    unheld.length > 0 ? `${count(unheld.length, 'service')} held by nobody: ${unheld.slice(0, 8).map(({ kind, name }) => `${kindNames[kind]} ${text(name)}`).join(', ')}${unheld.length > 8 ? '…' : '.'}` : '',
    unservable > 0 ? `${count(unservable, 'request')} for builders that no master configures.` : '',
  ].filter((line) => line !== ''); // prettier-ignore
  return html`${lines.map((line) => html`<p class="wrong">${line}</p>`)}`;
}

function drainLink({ self }: Overview): Html {
  if (self.state === 'draining')
    return html`<p><a class="button" href="/drain">Draining: look, or cancel…</a></p>`;
  return self.state === 'active' ? html`<p><a class="button" href="/drain">Drain this master…</a></p>` : html``;
} // prettier-ignore

function masterCard({ master, isSelf, holds, builders, running }: MasterCard, now: number): Html {
  const heard = master.lastActive === 0 ? 'never heard' : `heard ${since(now, master.lastActive)} ago`;
  const kind = master.run === null ? 'Buildbot' : 'bbctl';
  return html`<article class="card">
    <h3>${text(master.name)} ${badge(master.state)}${isSelf ? html` <span class="soft">this one</span>` : ''}</h3>
    <p class="soft">${kind}, ${heard}; ${count(builders, 'builder')}, ${count(running, 'running build')}</p>
    ${holds.length === 0 ? html`<p class="soft">holds no service</p>` : html`<ul>${holds.map((name) => html`<li>${text(name)}</li>`)}</ul>`}
  </article>`; // prettier-ignore
}

function runningCard({ id, number, builder, worker, master, startedAt, tail }: RunningLine, now: number): Html {
  return html`<article class="card">
    <h3><a href="/builds/${id}">${text(builder)} #${number}</a> ${badge('running')}</h3>
    <p class="soft">for ${since(now, startedAt)} on ${text(worker)}, by ${text(master)}</p>
    ${tail.length === 0 ? '' : html`<pre>${tail.map((line) => `${text(line)}\n`)}</pre>`}
  </article>`; // prettier-ignore
}

function queueTable(queue: readonly QueueLine[], now: number): Html {
  return html`<table class="stacked">
    <thead><tr><th>Builder</th><th class="number">Waiting</th><th>Oldest</th><th></th></tr></thead>
    <tbody>
      ${queue.map(({ builder, length, oldestSubmittedAt, isUnservable }) => html`<tr>
        <td>${text(builder)}</td>
        <td class="number" data-label="waiting">${thousands(length)}</td>
        <td data-label="oldest">${since(now, oldestSubmittedAt)}</td>
        <td>${isUnservable ? html`<span class="wrong">no master configures it</span>` : ''}</td>
      </tr>`)}
    </tbody>
  </table>`; // prettier-ignore
}

function builderTable(builders: readonly BuilderLine[]): Html {
  return html`<table class="stacked">
    <thead><tr><th>Builder</th><th>Last build</th><th class="number">Running</th><th class="number">Waiting</th><th>Masters</th></tr></thead>
    <tbody>
      ${builders.map(({ name, last, running, pending, masters }) => html`<tr>
        <td>${text(name)}</td>
        <td>${last ? html`<a href="/builds/${last.buildId}">#${last.number}</a> ${resultBadge(last.results)}` : html`<span class="soft">none</span>`}</td>
        <td class="number" data-label="running">${running}</td>
        <td class="number" data-label="waiting">${thousands(pending)}</td>
        <td class="soft">${masters.map((master) => text(master)).join(', ')}</td>
      </tr>`)}
    </tbody>
  </table>`; // prettier-ignore
}

function orphanList({ names, total }: Overview['orphans']): Html {
  return html`<details>
    <summary>${count(total, 'builder')} that no master configures (removed, renamed, or of a master that is stopped)</summary>
    <ul>${names.map((name) => html`<li>${text(name)}</li>`)}</ul>
    ${total > names.length ? html`<p class="soft">… and ${thousands(total - names.length)} more: bbctl builders --orphaned</p>` : ''}
  </details>`; // prettier-ignore
}
