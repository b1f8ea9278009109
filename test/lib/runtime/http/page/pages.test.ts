import test from 'ava';
import type { BuildPageFacts } from '../../../../../src/lib/db/page-facts.js';
import { buildPage } from '../../../../../src/lib/runtime/http/page/build-page.js';
import type { BuildSource } from '../../../../../src/lib/runtime/http/page/build-page.js';
import { drainPage } from '../../../../../src/lib/runtime/http/page/drain-page.js';
import { overviewPage } from '../../../../../src/lib/runtime/http/page/overview-page.js';
import { overviewOf } from '../../../../../src/lib/runtime/http/page/overview.js';
import type { Looked } from '../../../../../src/lib/runtime/http/page/overview.js';
import { observed } from '../../../../../src/lib/model/timeline.js';
import { clusterWith, masterFacts, now } from '../../../../_helpers/facts.js';
import { peer, services, viewOf } from '../../../../_helpers/views.js';

const hostile = `</title><script>alert(1)</script>"'&\u202e<img src=x onerror=alert(1)>`;

function looked(over: Partial<Looked> = {}): Looked {
  const cluster = clusterWith({
    masters: [
      masterFacts({ id: 1, name: 'blue', has: { openBuilds: 1, claims: 1 } }),
      masterFacts({ id: 2, name: 'green', active: false, has: { builderMasters: [] } }),
    ],
    builders: [
      { id: 1, name: 'tests', masterIds: [1] },
      { id: 2, name: 'removed', masterIds: [] },
    ],
    queues: [
      { builderId: 1, length: 3, oldestSubmittedAt: now - 60 },
      { builderId: 2, length: 1, oldestSubmittedAt: now - 3600 },
    ],
    services: [
      { kind: 'scheduler', id: 1, name: 'nightly', className: null, enabled: true, holderId: 1 },
      { kind: 'changesource', id: 1, name: 'repo', className: null, enabled: null, holderId: null },
    ],
    builds: [{ id: 9, number: 4, builderId: 1, requestId: 5, workerId: null, masterId: 1, startedAt: now - 90 }],
  });
  return {
    cluster,
    self: { id: 1, name: 'blue', state: 'active' },
    lastResults: new Map([[1, { buildId: 8, number: 3, results: 2 }]]),
    tails: new Map([[9, ['make: done']]]),
    history: { timeline: new Map(), since: null },
    ...over,
  };
}

test('masters come with what they hold, who acts first', (t) => {
  const { masters } = overviewOf(looked());
  t.deepEqual(
    masters.map(({ master, isSelf, holds, running }) => [master.name, master.state, isSelf, holds, running]),
    [
      ['blue', 'active', true, ['scheduler nightly'], 1],
      ['green', 'stopped', false, [], 0],
    ],
  );
});

test('builders in use and orphans are told apart; who waits longest comes first, and for ever is said', (t) => {
  const { builders, orphans, queue } = overviewOf(looked());
  t.deepEqual(builders.map(({ name, pending, running }) => [name, pending, running]), [['tests', 3, 1]]); // prettier-ignore
  t.deepEqual(orphans, { names: ['removed'], total: 1 });
  t.deepEqual(queue.map(({ builder, isUnservable }) => [builder, isUnservable]), [['removed', true], ['tests', false]]); // prettier-ignore
});

test('what is wrong is said in words', async (t) => {
  const text = String(await overviewPage(overviewOf(looked())));
  t.regex(text, /1 service held by nobody: change source repo\./);
  t.regex(text, /1 request for builders that no master configures/);
  t.regex(text, /<a href="\/builds\/9">tests #4<\/a>/);
  t.regex(text, /failure/);
  t.regex(text, /make: done/);
});

test('no name and no line of a log becomes markup, or hides what is beside it', async (t) => {
  const facts = looked();
  const cluster = {
    ...facts.cluster,
    masters: facts.cluster.masters.map((master) => ({ ...master, name: hostile })),
    builders: facts.cluster.builders.map((builder) => ({ ...builder, name: hostile })),
    services: facts.cluster.services.map((service) => ({ ...service, name: hostile })),
  };
  const view = viewOf({ now, peers: [peer(1, { name: hostile })], services: services({ [hostile]: 1 }) });
  const timeline = observed(new Map(), view, { keepSeconds: 100, gapSeconds: 10, mostSpans: 5 });
  const overview = overviewOf({
    ...facts,
    cluster,
    self: { id: 1, name: hostile, state: 'active' },
    tails: new Map([[9, [hostile]]]),
    history: { timeline, since: now - 50 },
  });
  for (const page of [overviewPage(overview), drainPage(overview, hostile)]) {
    const text = String(await page);
    t.false(/<script|<img/i.test(text));
    t.false(text.includes('\u202e'));
  }
});

test('a timeline draws who held what, and names the colours', async (t) => {
  const peers = [peer(1, { name: 'blue' }), peer(2, { name: 'green' })];
  const limits = { keepSeconds: 1000, gapSeconds: 1000, mostSpans: 5 };
  const first = observed(new Map(), viewOf({ now: now - 100, peers, services: services({ a: 1 }) }), limits);
  const timeline = observed(first, viewOf({ now: now - 50, peers, services: services({ a: 2 }) }), limits);
  const text = String(await overviewPage(overviewOf(looked({ history: { timeline, since: now - 100 } }))));
  t.is(text.match(/<rect/g)?.length, 2);
  t.regex(text, /<rect class="m0" x="0.0" y="0" width="500.0"/);
  t.regex(text, /50s ago: scheduler a, from blue to green/);
});

const build: BuildPageFacts = {
  id: 9,
  number: 4,
  builder: 'tests',
  worker: 'local',
  master: 'blue',
  requestId: 5,
  startedAt: now - 90,
  completeAt: null,
  results: null,
  state: 'building',
  reason: 'forced',
  steps: [],
};

function step(lines: number, completeAt: number | null = null): BuildPageFacts['steps'][number] {
  const log = { id: 3, slug: 'stdio', lines, complete: completeAt !== null, type: 's' };
  return { id: 2, number: 0, name: 'make', state: "'make'", startedAt: now - 80, completeAt, results: completeAt && 0, logs: [log] }; // prettier-ignore
}

/** A build that is as these say, look by look; its log has numbered lines. */
function sourceOf(looks: readonly BuildPageFacts[]): BuildSource & { readonly asked: (readonly [number, number])[] } {
  let look = 0;
  const asked: (readonly [number, number])[] = [];
  return {
    asked,
    signal: new AbortController().signal,
    readBuild: () => Promise.resolve(looks[look] ? { build: looks[look++]!, now } : null),
    readLines: (_id, first, limit) => {
      asked.push([first, limit]);
      return Promise.resolve(Array.from({ length: limit }, (_, index) => `o${first + index < 3 ? hostile : ''}line ${first + index}`)); // prettier-ignore
    },
    pause: () => Promise.resolve(),
  };
}

async function followed(source: BuildSource, first: BuildPageFacts): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of buildPage(first, now, source)) pieces.push(String(piece));
  return pieces.join('');
}

test('a build is followed until it has ended; every line comes once, and none is markup', async (t) => {
  const looks = [{ ...build, steps: [step(5)] }, { ...build, steps: [step(7, now)], completeAt: now, results: 0, state: 'build successful' }]; // prettier-ignore
  const source = sourceOf(looks);
  const text = await followed(source, { ...build, steps: [step(2)] });
  t.deepEqual(source.asked, [[0, 2], [2, 3], [5, 2]]); // prettier-ignore
  for (const line of [0, 1, 2, 3, 4, 5, 6]) t.is(text.split(`line ${line}\n`).length, 2);
  t.regex(text, /Ended after 1m 30s: .*success.* build successful/);
  t.regex(text, /<\/html>\n$/);
  t.false(/<script|<img/i.test(text));
});

test('of a long log the end is shown', async (t) => {
  const source = sourceOf([]);
  const text = await followed(source, { ...build, steps: [step(100_000, now)], completeAt: now, results: 0 });
  t.deepEqual(source.asked, [[99_800, 200]]);
  t.regex(text, /100,000 lines/);
});

test('a build that is forgotten meanwhile ends the page', async (t) => {
  t.regex(await followed(sourceOf([]), build), /<\/html>\n$/);
});
