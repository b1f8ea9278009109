import { setTimeout as sleep } from 'node:timers/promises';
import { mark, notify } from './db/announcements.js';
import { readView } from './db/cluster-view.js';
import type { Database } from './db/connect.js';
import { Failure } from './errors.js';
import { formatDuration } from './model/duration.js';
import { count, list, printable } from './model/names.js';
import type { PinStep } from './operations/move-services.js';

const lookMs = 200;

/** Wakes the masters, and waits until the services are where they are to be kept. Throws a `Failure` when they are not in time. */
export async function followMoves(
  { reading, writing }: { readonly reading: Database; readonly writing: Database },
  steps: readonly PinStep[],
  patienceMs: number,
): Promise<void> {
  await writing.glance(async (tx) => {
    await notify(tx, ['services']);
    await mark(tx, ['services']);
  });
  for (const until = performance.now() + patienceMs; ;) {
    const { services } = await reading.glance(readView);
    const left = steps.filter(({ service, master }) =>
      services.some(({ kind, id, holderId }) => kind === service.kind && id === service.id && holderId !== master?.id),
    );
    if (left.length === 0) return;
    if (performance.now() >= until) throw notMoved(left, patienceMs);
    await sleep(lookMs);
  }
}

function notMoved(left: readonly PinStep[], patienceMs: number): Failure {
  const names = list(left.map(({ service }) => printable(service.name)));
  const to = printable(left[0]?.master?.name ?? '');
  return new Failure(
    'timedOut',
    `${count(left.length, 'service')} did not come to ${to} within ${formatDuration(patienceMs / 1000)}: ${names}. It is written where they are to be; their holders hand them over when they look.`,
    { try: 'See who holds them with "bbctl services"; "bbctl services rebalance" takes it back.' },
  );
}
