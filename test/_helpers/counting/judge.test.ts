// What counts must find what is wrong: each of these spoils one thing in records that are right.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { ChaosLog } from '../chaos/chaos-log.js';
import type { BuildRecords } from './build-records.js';
import type { Asked } from './client.js';
import { countEffects, overlapProblems } from './judge-effects.js';
import { logProblems } from './judge-logs.js';
import { collapseProblems, countRequests, resultProblems } from './judge-requests.js';
import { readSideEffects } from './side-effects.js';

const dir = mkdtempSync(path.join(tmpdir(), 'bbctl-judge-'));

type Spoilt = { -readonly [K in keyof BuildRecords]: Record<string, unknown>[] };

/** A request that was built, killed with its master, and built again; and two that collapsed. */
function right(): { records: Spoilt; asked: Asked[]; lines: string[] } {
  const request = { buildsetId: 1, builder: 'tally', isComplete: true, results: 0, completeAt: 30, submittedAt: 10, waitedFor: false, branch: '', client: 'a', number: '1' }; // prettier-ignore
  const build = { builder: 'tally', requestId: 1, master: 'red', startedAt: 11, completeAt: 20, results: 5 };
  const merged = { ...request, builder: 'merge', branch: 'left' };
  return {
    records: {
      requests: [
        { ...request, id: 1 },
        { ...merged, id: 2, buildsetId: 2, results: 3, number: '2' },
        { ...merged, id: 3, buildsetId: 3, number: '3' },
      ],
      buildsets: [1, 2, 3].map((id) => ({ id, isComplete: true, results: id === 2 ? 3 : 0, parentBuildId: null })),
      builds: [
        { ...build, id: 1, number: 1 },
        { ...build, id: 2, number: 2, master: 'blue', startedAt: 20, completeAt: 30, results: 0 },
        { ...build, id: 3, number: 1, builder: 'merge', requestId: 3, results: 0 },
      ],
      steps: [1, 2, 3].map((id) => ({ id, buildId: id, name: 'count', completeAt: 20, results: 0 })),
      logs: [{ id: 1, stepId: 2, name: 'stdio', isComplete: true, lines: 3, chunks: [{ first: 0, last: 1, text: 'ha\nob' }, { first: 2, last: 2, text: 'hc' }] }], // prettier-ignore
      claims: [{ requestId: 1, masterId: 1 }],
    },
    asked: [{ client: 'a', number: 1, builder: 'tally', isCancelled: false, acknowledged: { buildsetId: 1, requestId: 1, at: 10 } }], // prettier-ignore
    lines: [
      `11 start a 1 tally 1 ${dir}/red/work`,
      `20 start a 1 tally 2 ${dir}/blue/work`,
      `30 end a 1 tally 2 ${dir}/blue/work`,
      `12 start a 3 merge 1 ${dir}/red/work`,
    ],
  };
}

function found({ records, asked, lines }: ReturnType<typeof right>): string[] {
  const all = records as unknown as BuildRecords;
  const file = path.join(dir, 'record');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const effects = readSideEffects(file, dir);
  const counts = [countRequests(all, asked), countEffects(all, effects)];
  const log = new ChaosLog(path.join(dir, 'log'));
  return [...counts.flatMap(({ missing, double }) => [...missing, ...double]), ...resultProblems(all), ...collapseProblems(all), ...logProblems(all), ...overlapProblems(all, effects, log)]; // prettier-ignore
}

test('what is right is right', (t) => {
  t.deepEqual(found(right()), []);
});

const spoils: Record<string, (what: ReturnType<typeof right>) => void> = {
  'a request is lost': ({ records }) => void records.requests.shift(),
  'a request is not complete': ({ records }) => void (records.requests[0]!['isComplete'] = false),
  'a request is complete without a build': ({ records }) => void (records.builds[1]!['results'] = 5),
  'a request is built twice': ({ records }) => void (records.builds[0]!['results'] = 0),
  'one force makes two requests': ({ records }) => void records.requests.push({ ...records.requests[0], id: 4 }),
  'a request has another result than its build': ({ records }) => void (records.requests[0]!['results'] = 2),
  'a buildset is not complete with its requests': ({ records }) => void (records.buildsets[0]!['isComplete'] = false),
  'a buildset has another result than its requests': ({ records }) => void (records.buildsets[0]!['results'] = 2),
  'a build is open': ({ records }) => void (records.builds[1]!['completeAt'] = null),
  'a build begins before the one before has ended': ({ records }) => void (records.builds[1]!['startedAt'] = 19),
  'a number is left out': ({ records }) => void (records.builds[1]!['number'] = 3),
  'an open request is claimed': ({ records }) => void (records.requests[0]!['isComplete'] = false),
  'a request is left out for none that is built later': ({ records }) => void (records.builds[2]!['startedAt'] = 9),
  'a step is open': ({ records }) => void (records.steps[1]!['completeAt'] = null),
  'a step is there twice': ({ records }) => void records.steps.push({ ...records.steps[1], id: 4 }),
  'a log is not complete': ({ records }) => void (records.logs[0]!['isComplete'] = false),
  'a log has more lines than it says': ({ records }) => void (records.logs[0]!['lines'] = 2),
  'a log has a gap': ({ records }) => void (records.logs[0]!['chunks'] as unknown[]).shift(),
  'a step has not come to its end': ({ lines }) => void lines.splice(2, 1),
  'a step is run twice': ({ lines }) => void lines.push(lines[1]!),
  'what has run is no build': ({ lines }) => void lines.push(`40 start a 9 tally 9 ${dir}/red/work`),
  'two tries run at a time': ({ lines }) => void lines.splice(1, 0, `25 alive a 1 tally 1 ${dir}/red/work`),
};

for (const [name, spoil] of Object.entries(spoils)) {
  test(`it is found: ${name}`, (t) => {
    const what = right();
    spoil(what);
    t.not(found(what).length, 0);
  });
}
