import { masterName, masterOf } from '../cluster.js';
import { count, list, printable, shellArgument } from '../names.js';
import type { Check, Found } from './check.js';

export const workerGhost: Check = {
  id: 'worker-ghost',
  severity: 'warning',
  title: 'A worker looks connected to a master that is not there',
  meaning:
    "Buildbot's survivors do not remove a dead master's worker connections: workers look connected that are not.",
  find({ cluster }) {
    return cluster.workers.flatMap((worker): Found[] => {
      const gone = worker.connectedTo.filter((id) =>
        ['dead', 'unclean', 'stopped', undefined].includes(masterOf(cluster, id)?.state),
      );
      if (gone.length === 0) return [];
      const masters = gone.map((id) => masterName(cluster, id));
      const known = gone.filter((id) => masterOf(cluster, id));
      const fix = known.length > 0 ? [`bbctl masters expire ${known.join(' ')}`] : [];
      const mend = known.length > 0 ? { operation: 'masters expire' as const, names: known.map(String) } : null;
      return [
        {
          message: `Worker ${printable(worker.name)} looks connected to ${list(masters.map(printable), 3)}, which is not there.`,
          evidence: { worker: worker.name, masters },
          fix,
          mend,
        },
      ];
    });
  },
};

export const workerTwice: Check = {
  id: 'worker-connected-twice',
  severity: 'note',
  title: 'A worker is connected to several living masters',
  meaning:
    'One worker process connects to one master. Two processes share its name, or a connection was not noticed to be gone; both masters will try to build on it.',
  find({ cluster }) {
    return cluster.workers.flatMap((worker): Found[] => {
      const masters = worker.connectedTo
        .filter((id) => masterOf(cluster, id)?.state === 'active')
        .map((id) => masterName(cluster, id));
      if (masters.length < 2) return [];
      return [
        {
          message: `Worker ${printable(worker.name)} is connected to ${count(masters.length, 'master')}: ${list(masters.map(printable), 4)}.`,
          evidence: { worker: worker.name, masters },
        },
      ];
    });
  },
};

export const workerPaused: Check = {
  id: 'worker-paused',
  severity: 'note',
  title: 'A worker is paused',
  meaning:
    'It takes no builds until somebody resumes it. Buildbot keeps no time of pausing, so that nobody can tell whether it is paused for too long; since 3.10 it keeps a reason where one was given. The column can lie, where a worker was paused through a master that does not have it.',
  find({ cluster }) {
    const paused = cluster.workers.filter((worker) => worker.paused && worker.masterIds.length > 0);
    if (paused.length === 0) return [];
    const words = paused.map(({ name, pauseReason }) =>
      pauseReason === null ? printable(name) : `${printable(name)} (${printable(pauseReason)})`,
    );
    const reasons = Object.fromEntries(paused.map(({ name, pauseReason }) => [name, pauseReason]));
    return [
      {
        message: `${count(paused.length, 'worker')} paused: ${list(words)}. Since when is not kept by Buildbot.`,
        evidence: { workers: paused.map((worker) => worker.name), reasons },
        fix: [
          'bbctl workers --filter paused=yes --columns name,pauseReason,connectedTo',
          `bbctl workers resume ${shellArgument(paused[0]?.name ?? '')}`,
        ],
      },
    ];
  },
};
