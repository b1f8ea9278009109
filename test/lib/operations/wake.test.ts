// Whom the gate wakes after a change, and what it advises then.
import test, { type ExecutionContext } from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import type { WakeUp, Woken } from '../../../src/lib/model/wake.js';
import { cancelRequests } from '../../../src/lib/operations/cancel-requests.js';
import { expireMasters } from '../../../src/lib/operations/expire-masters.js';
import { mendFindings } from '../../../src/lib/operations/mend-findings.js';
import { releaseRequests } from '../../../src/lib/operations/release-requests.js';
import { addSurvivor, otherMaster } from '../../_helpers/clusters.js';
import { engines, type EngineName } from '../../_helpers/database.js';
import { gateOn } from '../../_helpers/gate.js';
import { killedMaster } from '../../_helpers/killed.js';

const expireAfter = defaultExpireAfterSeconds;
async function scene(t: ExecutionContext, engine: EngineName) {
  const killed = await killedMaster(t, engine, 3600);
  return { ...killed, ...(await addSurvivor(killed.db, killed.claimed)) };
}

/** Remembers whom it was to wake, and does it or not. */
function waker(builders: (wakeUp: WakeUp) => readonly string[]) {
  const asked: WakeUp[] = [];
  const wake = (wakeUps: readonly WakeUp[]): Promise<Woken[]> => {
    asked.push(...wakeUps);
    return Promise.resolve(wakeUps.map((one) => ({ master: one.master, way: 'rest', builders: builders(one), error: null }))); // prettier-ignore
  };
  return { asked, wake };
}

for (const engine of engines) {
  test(`${engine}: the living master that configures the builder is woken, by a worker that is not paused`, async (t) => {
    const { db, builder, free, claimed } = await scene(t, engine);
    const gate = await gateOn(t, db);
    const expected = [{ masterId: otherMaster, master: 'host2:/srv/bb/other', builders: [builder.name], workers: [{ id: free, name: `w${free}`, builders: [builder.name] }] }]; // prettier-ignore

    const released = waker((one) => one.builders);
    const report = await gate.run(releaseRequests({ requests: [], expireAfter }), released);
    t.deepEqual(released.asked, expected);
    t.like(report, { status: 'done', advice: [], woken: [{ builders: [builder.name], error: null }] });

    const back = waker((one) => one.builders);
    t.deepEqual((await gate.undo(undefined, back)).woken, []);
    t.deepEqual(back.asked, []);

    const inVain = waker(() => []);
    const mended = await gate.run(mendFindings([{ operation: 'requests release', names: [String(claimed)] }], { expireAfter }), inVain); // prettier-ignore
    t.deepEqual(inVain.asked, expected);
    t.regex(mended.advice.join('\n'), /ssh host2 buildbot reconfig \/srv\/bb\/other/);
    await gate.undo();

    const expired = waker((one) => one.builders);
    t.notRegex((await gate.run(expireMasters({ masters: [], expireAfter, force: false }), expired)).advice.join(), /reconfig/); // prettier-ignore
    t.deepEqual(expired.asked, expected);

    const cancelled = waker((one) => one.builders);
    await gate.run(
      cancelRequests({ requests: [String(claimed)], inventory: null, unservable: false, builders: [], expireAfter }),
      cancelled,
    );
    t.deepEqual(cancelled.asked, []);
    const open = waker((one) => one.builders);
    await gate.undo(undefined, open);
    t.deepEqual(open.asked.map(({ masterId }) => masterId), [otherMaster]); // prettier-ignore
  });
}

test('nobody is woken by a dry run, or without a way; then it says what to run', async (t) => {
  const { db } = await scene(t, 'sqlite');
  const gate = await gateOn(t, db);
  const dry = waker((one) => one.builders);
  await gate.run(releaseRequests({ requests: [], expireAfter }), { ...dry, dryRun: true });
  t.deepEqual(dry.asked, []);
  const report = await gate.run(releaseRequests({ requests: [], expireAfter }));
  t.deepEqual(report.woken, []);
  t.regex(report.advice.join('\n'), /To make it look now/);
});
