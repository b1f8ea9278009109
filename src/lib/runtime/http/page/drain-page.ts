import { html } from 'hono/html';
import { count } from '../../../model/names.js';
import { badge, page, text } from './layout.js';
import type { Html } from './layout.js';
import type { Overview } from './overview.js';

/** `/drain`: what it means, and a form that asks for the token. Works without a script. */
export function drainPage({ self, masters }: Overview, refusal: string | null = null): Html {
  const own = masters.find(({ isSelf }) => isSelf);
  const isDraining = self.state === 'draining';
  return page(
    { title: `Drain ${self.name} – bbctl` },
    html`<p><a href="/">Back</a></p>
      <h1>${isDraining ? 'Cancel the drain of' : 'Drain'} ${text(self.name)} ${badge(self.state)}</h1>
      ${refusal === null ? '' : html`<p class="wrong">${text(refusal)}</p>`}
      ${isDraining ? cancelText : drainText(own?.running ?? 0, own?.holds.length ?? 0)}
      <form method="post" action="/drain">
        <input type="hidden" name="method" value="${isDraining ? 'cancelDrain' : 'drain'}" />
        <p><label>Token (of tokenFile in cluster.yaml)<br /><input type="password" name="token" required autocomplete="current-password" /></label></p>
        <p><button class="danger">${isDraining ? 'Cancel the drain' : 'Drain it'}</button></p>
      </form>`,
  );
} // prettier-ignore

const cancelText = html`<p>It takes requests and services again.</p>`;

function drainText(running: number, services: number): Html {
  return html`<p>It takes no new requests, hands ${count(services, 'service')} over, lets ${count(running, 'running build')} end, and then its process ends. Until then it can be cancelled.</p>`;
} // prettier-ignore
