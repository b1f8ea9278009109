// Masters of bbctl's own, alone and beside Buildbot's: what is told of them is true of them.
import test from 'ava';
import { findAll } from '../../../../src/lib/model/checks/catalogue.js';
import type { Facts } from '../../../../src/lib/model/cluster.js';
import type { Finding } from '../../../../src/lib/model/finding.js';
import { why } from '../../../../src/lib/model/why.js';
import { wakeUps } from '../../../../src/lib/model/wake.js';
import { adviseRequests, adviseServices } from '../../../../src/lib/operations/advice.js';
import { clusterWith, masterFacts, now, ownMaster, service, worker } from '../../../_helpers/facts.js';

const blue = ownMaster({ id: 1, name: 'ci1:/srv/blue' });
const green = (facts: Parameters<typeof ownMaster>[0] = {}) =>
  ownMaster({ id: 2, name: 'ci2:/srv/green', has: { builderMasters: [2] }, ...facts });
const legacy = masterFacts({ id: 3, name: 'ci3:/srv/legacy' });
const held = [service({ holderId: 1 }), service({ id: 2, name: 'poll', holderId: 2 })];
const tests = { id: 1, name: 'tests', masterIds: [1, 2] };

const found = (facts: Partial<Facts>): Finding[] => findAll({ cluster: clusterWith(facts), details: null });
const told = (facts: Partial<Facts>): string[] => found(facts).map(({ id, severity, message }) => `${id} ${severity}: ${message}`); // prettier-ignore

test('a cluster of them has nothing wrong, nor has one that they share with a Buildbot', (t) => {
  const common = { services: held, builders: [tests], workers: [worker({ masterIds: [1, 2, 3] })] };
  const kept = new Map([['scheduler 1', 1]]);
  t.deepEqual(told({ ...common, masters: [blue, green()], pins: kept }), []);
  t.deepEqual(told({ ...common, masters: [blue, green(), legacy] }), []);
  // One for the web interface alone, one that is about to stop: neither offers anything.
  const nothing = { schedulers: [], changeSources: [] };
  t.deepEqual(told({ ...common, masters: [blue, green({ offer: nothing, has: { builderMasters: [] } })] }), []);
});

test('each is judged by what it lives by itself', (t) => {
  const silent = (seconds: number, expireAfter: number) => told({ masters: [blue, green({ expireAfter, lastActive: now - seconds })] }); // prettier-ignore
  t.deepEqual(silent(28, 45), []);
  t.regex(silent(29, 45).join(), /^master-late warning: .*green is late: its last heartbeat was 29s ago/);
  t.regex(silent(46, 45).join(), /^master-dead critical: .*green is dead: silent for 46s/);
  t.regex(silent(46, 60).join(), /^master-late/);
});

test('two that have not taken the same file over are told apart, by what each lacks', (t) => {
  const other = { schedulers: ['poll', 'new'], changeSources: ['repo'] };
  t.deepEqual(told({ masters: [blue, green({ offer: other })], services: held }), [
    "master-configurations-differ note: Masters of bbctl's own have different configurations: ci1:/srv/blue does not offer new, ci2:/srv/green does not offer nightly.",
  ]);
  t.deepEqual(told({ masters: [blue, green({ expireAfter: 20 })] }), [
    "master-configurations-differ note: Masters of bbctl's own live by different values of expireAfter: 45s (ci1:/srv/blue), 20s (ci2:/srv/green).",
  ]);
  const dead = { lastActive: now - 60, offer: other };
  t.deepEqual(found({ masters: [blue, green(dead)] }).map(({ id }) => id), ['master-dead']); // prettier-ignore
});

test('one that keeps what it does not have any more is told; one that leaves is not', (t) => {
  const one = { services: [service({ name: 'old', holderId: 1 })] };
  const [finding] = found({ ...one, masters: [blue] });
  t.like(finding, { id: 'service-misplaced', severity: 'warning' });
  t.regex(finding?.message ?? '', /^The scheduler old is held by ci1:\/srv\/blue, which does not have it/);
  t.deepEqual(told({ ...one, masters: [{ ...blue, offer: { schedulers: [], changeSources: [] } }] }), []);
});

test('how soon a free service is taken depends on who is there', (t) => {
  const free = { services: [service()] };
  const soon = (masters: Facts['masters']) => /(A living.*?);/.exec(told({ ...free, masters }).join())?.[1];
  t.is(soon([blue]), 'A living master takes what it configures within seconds');
  t.is(soon([legacy]), 'A living master takes what it configures within 5 minutes');
  t.is(soon([blue, legacy]), "A living Buildbot master takes what it configures within 5 minutes, one of bbctl's own within seconds"); // prettier-ignore
  const advice = (masters: Facts['masters']) => adviseServices(clusterWith({ masters }));
  t.deepEqual(advice([blue]), ["Services: a master of bbctl's own takes what it configures at its next look, within seconds: ci1:/srv/blue."]); // prettier-ignore
  t.is(advice([blue, legacy]).length, 2);
  t.regex(advice([blue, legacy])[1] ?? '', /^Services: a living Buildbot master looks .* every 5 minutes.*: ci3:\/srv\/legacy\./); // prettier-ignore
  t.regex(advice([legacy]).join(), /^Services: a living master looks .* every 5 minutes/);
});

test('nobody is sent to reconfigure one of them as if it were a Buildbot', (t) => {
  const claim = { masterId: 9, claimedAt: now - 60 };
  const request = { id: 7, buildsetId: 1, builderId: 1, priority: 0, submittedAt: now - 70, waitedFor: false };
  const facts = { builders: [tests], workers: [worker()], claimed: [{ ...request, claim }] };
  const [own, others] = [clusterWith({ ...facts, masters: [blue] }), clusterWith({ ...facts, masters: [{ ...legacy, id: 1 }] })]; // prettier-ignore
  const advice = (cluster: typeof own) => adviseRequests(cluster, [7]).join('\n');
  t.is(advice(own), "Requests: a master of bbctl's own that configures the builder takes them at its next look.");
  t.regex(advice(others), /buildbot reconfig/);
  t.deepEqual(wakeUps(own, new Set([1])), []);
  t.is(wakeUps(others, new Set([1])).length, 1);
  const asked = {
    ...request,
    claim: null,
    complete: false,
    results: -1,
    buildsetComplete: false,
    hasSource: true,
    parentBuildId: null,
  };
  const end = (cluster: typeof own) => why(cluster, asked).at(-1);
  t.regex(end(own)?.message ?? '', /on ci1:\/srv\/blue, a master of bbctl's own, which takes it at its next look/);
  t.deepEqual(end(own)?.fix, ['bbctl masters show ci1:/srv/blue']);
  t.regex(end(others)?.fix.join() ?? '', /buildbot reconfig/);
});
