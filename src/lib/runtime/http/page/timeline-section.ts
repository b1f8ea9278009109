import { html } from 'hono/html';
import { kindNames } from '../../../model/service.js';
import { handovers } from '../../../model/timeline.js';
import type { Handover, ServiceHistory } from '../../../model/timeline.js';
import { since, text } from './layout.js';
import type { Html } from './layout.js';
import type { Overview } from './overview.js';

/** Nothing before this is drawn. */
const mostSeconds = 6 * 3600;
const colours = 6;
const width = 1000;
const mostHandovers = 50;

/** Who held which service when, drawn, and told in words below. */
export function timelineSection({ history, now }: Overview): Html {
  const { timeline, since: begun } = history;
  if (begun === null || timeline.size === 0) return html``;
  const from = Math.max(begun, now - mostSeconds);
  const colourOf = colouring([...timeline.values()]);
  const services = [...timeline.values()]
    .filter(({ spans }) => spans.some(({ holder }) => holder !== null))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (services.length === 0) return html``;
  return html`<section>
    <h2>Who held what</h2>
    <p class="soft">The last ${since(now, from)}, as this master has seen it since it started.</p>
    <p>${[...colourOf].map(([name, colour]) => html`<span class="key m${colour}"></span> ${text(name)} `)}</p>
    <table class="stacked"><tbody>
      ${services.map((service) => html`<tr>
        <td>${kindNames[service.kind]} ${text(service.name)}</td>
        <td class="bar">${bar(service, from, now, colourOf)}</td>
      </tr>`)}
    </tbody></table>
    ${handoverList(handovers(timeline).slice(0, mostHandovers), now)}
  </section>`; // prettier-ignore
}

function colouring(services: readonly ServiceHistory[]): Map<string, number> {
  const names = services.flatMap(({ spans }) => spans.flatMap(({ holder }) => (holder === null ? [] : [holder])));
  return new Map([...new Set(names)].sort().map((name, index) => [name, index % colours]));
}

/** What was so at the last look, this long ago at most, is so now. */
const lookSeconds = 60;

function bar({ name, spans: seen }: ServiceHistory, from: number, now: number, colourOf: Map<string, number>): Html {
  const spans = seen.map((span, index) => (index === seen.length - 1 && now - span.to <= lookSeconds ? { ...span, to: now } : span));
  const x = (at: number): number => ((Math.max(at, from) - from) / Math.max(1, now - from)) * width;
  const drawn = spans.filter(({ holder, to }) => holder !== null && to >= from);
  return html`<svg viewBox="0 0 ${width} 10" preserveAspectRatio="none" role="img" aria-label="${text(name)}">
    ${drawn.map(({ holder, from: begun, to }) => html`<rect class="m${colourOf.get(holder ?? '') ?? 0}" x="${x(begun).toFixed(1)}" y="0" width="${Math.max(1, x(to) - x(begun)).toFixed(1)}" height="10"><title>${text(holder ?? '')}, ${since(now, begun)} ago ${to === now ? 'until now' : `until ${since(now, to)} ago`}</title></rect>`)}
  </svg>`;
} // prettier-ignore

function handoverList(some: readonly Handover[], now: number): Html {
  if (some.length === 0) return html`<p class="soft">Nothing has changed hands.</p>`;
  const who = (name: string | null): string => (name === null ? 'nobody' : text(name));
  return html`<details>
    <summary>What changed hands (${some.length})</summary>
    <ul>${some.map(({ at, kind, name, from, to }) => html`<li>${since(now, at)} ago: ${kindNames[kind]} ${text(name)}, from ${who(from)} to ${who(to)}</li>`)}</ul>
  </details>`; // prettier-ignore
}
