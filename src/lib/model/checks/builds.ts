import { abandonedBuilds, masterName, masterOf } from '../cluster.js';
import { count, list, printable } from '../names.js';
import type { Check, Found } from './check.js';

export const buildAbandoned: Check = {
  id: 'build-abandoned',
  severity: 'critical',
  title: 'A build that no living master will end',
  meaning:
    'Its master has stopped, or has no row: the build stays "running" for ever. (Builds of dead and unclean masters are told with the master.)',
  find({ cluster }) {
    const builds = abandonedBuilds(cluster).filter(
      (build) => !['dead', 'unclean'].includes(masterOf(cluster, build.masterId)?.state ?? ''),
    );
    if (builds.length === 0) return [];
    const ids = builds.map((build) => build.id);
    const masters = [...new Set(builds.map((build) => masterName(cluster, build.masterId)))];
    return [
      {
        message: `${count(builds.length, 'build')} that no living master will end: ${list(ids)} (of ${list(masters.map(printable), 3)}).`,
        evidence: { builds: ids, masters },
        fix: ['bbctl builds finish'],
        mend: { operation: 'builds finish', names: ids.map(String) },
      },
    ];
  },
};

export const leftOpen: Check = {
  id: 'step-left-open',
  severity: 'note',
  title: 'A step or log is open though its build has ended',
  meaning:
    'A master ended between the writes. It is untidy, not harmful: the step shows as running in a build that is over. Only the newest 2,500 steps and logs are looked at.',
  find({ details }) {
    const { steps = [], logs = [] } = details?.leftOpen ?? {};
    const found: Found[] = [];
    if (steps.length > 0) found.push({ message: `${count(steps.length, 'step')} open under builds that have ended: ${list(steps)}.`, evidence: { steps } }); // prettier-ignore
    if (logs.length > 0) found.push({ message: `${count(logs.length, 'log')} open under builds that have ended: ${list(logs)}.`, evidence: { logs } }); // prettier-ignore
    return found;
  },
};
