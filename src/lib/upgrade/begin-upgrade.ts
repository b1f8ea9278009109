import { hostname, userInfo } from 'node:os';
import type { Target } from '../drain/targets.js';
import type { DrainFacts } from '../model/drain.js';
import { handedService } from '../model/handover.js';
import type { HandedService } from '../model/handover.js';
import { runsAnywhere } from '../model/service.js';
import type { Service } from '../model/service.js';
import type { Newcomer } from './newcomer.js';
import type { UpgradeRequest } from './ports.js';
import type { Operator, SavedNew, SavedOld, SavedUpgrade } from './saved-upgrade.js';

/** What there is before anything is touched. `newestBuild`: the greatest `builds.id`. */
export function beginUpgrade(request: UpgradeRequest, { cluster }: DrainFacts, newestBuild: number): SavedUpgrade {
  const ids = new Set(request.old.map(({ master }) => master.id));
  const open = cluster.builds.filter(({ masterId }) => ids.has(masterId)).map(({ id }) => id);
  return {
    format: 1,
    database: cluster.database.label,
    by: operator(),
    startedAt: cluster.now,
    savedAt: '',
    oneByOne: request.oneByOne,
    deadlineMs: request.deadlineMs,
    onDeadline: request.onDeadline,
    revision: cluster.database.revision,
    old: request.old.map(savedOld),
    start: request.start.map(savedNew),
    services: cluster.services.flatMap((service) => handed(service, ids)),
    builders: cluster.builders.filter(({ masterIds }) => masterIds.some((id) => ids.has(id))).map(({ name }) => name),
    workers: cluster.workers.filter(({ connectedTo }) => connectedTo.some((id) => ids.has(id))).map(({ name }) => name),
    firstBuild: Math.min(newestBuild + 1, ...open),
    withoutWorker: {},
    finished: null,
  };
} // prettier-ignore

/** What runs on every master that has it goes nowhere. */
function handed(service: Service, ids: ReadonlySet<number>): HandedService[] {
  const { kind, id, name, holderId } = service;
  if (holderId === null || !ids.has(holderId) || runsAnywhere(service)) return [];
  return [handedService({ kind, id, name, from: holderId })];
}

export function operator(): Operator {
  return { user: userInfo().username, host: hostname(), pid: process.pid };
}

function savedOld({ master, key, kind }: Target): SavedOld {
  return { id: master.id, name: master.name, key, kind, askedAt: null, endedAt: null, ending: null, killed: false, broughtBack: null, error: null }; // prettier-ignore
}

function savedNew({ name, key, kind, master }: Newcomer): SavedNew {
  return { name, key, kind, wasThere: master?.active === true, startedAt: null, arrivedAt: null, drainedAt: null, error: null }; // prettier-ignore
}
