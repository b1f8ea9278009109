import { masterName } from '../cluster.js';
import { formatDuration } from '../duration.js';
import { list, printable, shellArgument } from '../names.js';
import type { Check } from './check.js';

export const versionsDiffer: Check = {
  id: 'master-versions-differ',
  severity: 'warning',
  title: 'Living masters seem to run different versions of Buildbot',
  meaning:
    'Buildbot keeps no version of its masters. What shows: since 3.10 a master writes when each step got its locks; an older one that runs on the newer schema does not. Such a master works on, but once restarted it refuses the schema; and across 4.0 (builds.locks_duration_s) it cannot start a build any more and tries for ever. Upgrade it. It is judged by its newest ended step: one that was upgraded since and has built nothing yet looks old. Versions that differ only otherwise look the same.',
  find({ cluster, details }) {
    const seen = details?.lockRecords ?? [];
    const [newer, older] = [seen.filter((one) => one.records), seen.filter((one) => !one.records)];
    if (newer.length === 0 || older.length === 0) return [];
    const name = ({ masterId }: { masterId: number }): string => masterName(cluster, masterId);
    const told = older.map((one) => `${printable(name(one))} (as of ${formatDuration(cluster.now - one.at)} ago)`);
    const rest = list(newer.map(name).map(printable), 3);
    return [
      {
        message: `Masters of Buildbot before 3.10 on a newer schema: ${list(told, 3)}. Beside them, of 3.10 or later: ${rest}.`,
        evidence: { older: older.map(name), newer: newer.map(name) },
        fix: older.map((one) => `bbctl masters show ${shellArgument(name(one))}`),
      },
    ];
  },
};
