// Who holds what, and whether anybody will ever let it go: requests, services, builds, builders, workers.
import test from 'ava';
import { isAbandoned } from '../../../src/lib/model/build.js';
import { isOrphanedBuilder } from '../../../src/lib/model/builder.js';
import {
  abandonedBuilds,
  builderName,
  masterName,
  masterOf,
  silentHearts,
  stuckRequests,
  stuckServices,
} from '../../../src/lib/model/cluster.js';
import { isStuck, type OpenRequest } from '../../../src/lib/model/request.js';
import { isServiceStuck, runsAnywhere } from '../../../src/lib/model/service.js';
import { isOrphanedWorker } from '../../../src/lib/model/worker.js';
import { clusterWith, everyState, masterFacts, masterIn, now, service, worker } from '../../_helpers/facts.js';

const lastActive = now - 3600;
const claim = (secondsAfterHeartbeat: number) => ({ masterId: 1, claimedAt: lastActive + secondsAfterHeartbeat });

test('a claim is stuck when its holder is dead, unclean or gone', (t) => {
  t.false(isStuck(null, undefined));
  t.true(isStuck(claim(0), undefined));
  t.deepEqual(
    everyState.filter((state) => isStuck(claim(0), masterIn(state, { lastActive }))),
    ['dead', 'unclean'],
  );
});

test('a claim made when the next heartbeat was overdue may be of a new process', (t) => {
  for (const state of ['dead', 'unclean'] as const) {
    t.true(isStuck(claim(60), masterIn(state, { lastActive })));
    t.false(isStuck(claim(61), masterIn(state, { lastActive })));
  }
  t.true(isStuck(claim(100_000), undefined));
});

test('a service is stuck when its holder is dead or gone; an inactive one may be starting', (t) => {
  t.false(isServiceStuck(service(), undefined));
  t.true(isServiceStuck(service({ holderId: 1 }), undefined));
  t.deepEqual(
    everyState.filter((state) => isServiceStuck(service({ holderId: 1 }), masterIn(state))),
    ['dead'],
  );
});

test('the force, triggerable and PB kinds run anywhere', (t) => {
  const anywhere = (className: string | null) => runsAnywhere(service({ className }));
  t.true(anywhere('buildbot.schedulers.forcesched.ForceScheduler'));
  t.true(anywhere('buildbot.schedulers.triggerable.Triggerable'));
  t.true(anywhere('buildbot.changes.pb.PBChangeSource'));
  t.false(anywhere('buildbot.schedulers.timed.Periodic'));
  t.false(anywhere('mine.NotAForceScheduler'));
  t.false(anywhere(null));
});

test('a build is abandoned when no living master will end it', (t) => {
  const abandoned = (secondsAfterHeartbeat: number) =>
    everyState.filter((state) =>
      isAbandoned({ startedAt: lastActive + secondsAfterHeartbeat }, masterIn(state, { lastActive })),
    );
  t.deepEqual(abandoned(60), ['dead', 'unclean', 'stopped']);
  t.deepEqual(abandoned(61), ['dead', 'stopped']);
  t.true(isAbandoned({ startedAt: now }, undefined));
});

test('what no master configures may be an orphan, but for a worker that is connected', (t) => {
  t.true(isOrphanedBuilder({ id: 1, name: 'b', masterIds: [] }));
  t.false(isOrphanedBuilder({ id: 1, name: 'b', masterIds: [7] }));
  t.true(isOrphanedWorker(worker({ masterIds: [], connectedTo: [] })));
  t.false(isOrphanedWorker(worker({ masterIds: [] })));
  t.false(isOrphanedWorker(worker({ connectedTo: [] })));
});

test('a cluster tells who holds what by name, also of those who are gone', (t) => {
  const request = (id: number, masterId: number): OpenRequest => ({
    id,
    buildsetId: 1,
    builderId: 1,
    priority: 0,
    submittedAt: 0,
    waitedFor: false,
    claim: { masterId, claimedAt: lastActive },
  });
  const build = (id: number, masterId: number) => ({
    id,
    number: 1,
    builderId: 1,
    requestId: 1,
    workerId: null,
    masterId,
    startedAt: lastActive,
  });
  const cluster = clusterWith({
    masters: [masterFacts({ id: 1, name: 'alive' }), masterFacts({ id: 2, name: 'dead', lastActive })],
    services: [1, 2, 9].map((holderId) => service({ id: holderId, holderId })),
    claimed: [request(1, 1), request(2, 2), request(9, 9)],
    builds: [build(1, 1), build(2, 2), build(9, 9)],
    builders: [{ id: 1, name: 'tests', masterIds: [] }],
  });
  const ids = (things: readonly { id: number }[]) => things.map(({ id }) => id);
  t.deepEqual(ids(stuckRequests(cluster)), [2, 9]);
  t.deepEqual(ids(stuckServices(cluster)), [2, 9]);
  t.deepEqual(ids(abandonedBuilds(cluster)), [2, 9]);
  t.deepEqual(ids(silentHearts(cluster)), [2]);
  t.is(masterOf(cluster, null), undefined);
  t.is(masterOf(cluster, 2)?.state, 'dead');
  t.deepEqual([masterName(cluster, 1), masterName(cluster, 9)], ['alive', 'master 9 (gone)']);
  t.deepEqual([builderName(cluster, 1), builderName(cluster, 9)], ['tests', 'builder 9 (gone)']);
});
