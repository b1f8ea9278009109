import type { BuildEnd } from '../model/build.js';
import type { DrainFacts } from '../model/drain.js';
import { masterName } from '../model/cluster.js';
import { resultName, retry } from '../model/results.js';
import type { UpgradedMaster, UpgradeReport, UpgradeStatus } from './events.js';
import type { SavedNew, SavedOld, SavedUpgrade } from './saved-upgrade.js';

export interface Conclusion {
  readonly status: UpgradeStatus;
  readonly why: string | null;
  readonly ways: readonly string[];
  /** `null`: it was not looked at. */
  readonly complaints: readonly string[] | null;
}

/** The last look, as far as there was one. */
export interface LastLook {
  readonly facts: DrainFacts | null;
  readonly builds: readonly BuildEnd[];
}

export function upgradeReport(saved: SavedUpgrade, conclusion: Conclusion, { facts, builds }: LastLook): UpgradeReport {
  const cluster = facts?.cluster ?? null;
  const nameOf = (id: number): string => saved.old.find((one) => one.id === id)?.name ?? (cluster ? masterName(cluster, id) : `master ${id}`); // prettier-ignore
  const endedAt = cluster?.now ?? saved.startedAt;
  return {
    ...conclusion,
    startedAt: saved.startedAt,
    endedAt,
    masters: [...saved.start.map((one) => newMaster(one)), ...saved.old.map((one) => oldMaster(one, endedAt))],
    services: saved.services.map(({ kind, name, from, seen, unheld }) => ({
      kind,
      name,
      from: nameOf(from),
      to: seen === null || seen.holderId === null ? null : nameOf(seen.holderId),
      unheld,
    })),
    builds: builds.map(({ id, builder, number, masterId, results }) => ({
      id,
      builder,
      number,
      master: nameOf(masterId),
      results: results === null ? null : resultName(results),
    })),
    retried: builds.filter(({ results }) => results === retry).length,
    workers: saved.workers.map((worker) => {
      const row = cluster?.workers.find(({ name }) => name === worker);
      return { worker, to: (row?.connectedTo ?? []).map(nameOf) };
    }),
    withoutWorker: Object.entries(saved.withoutWorker).map(([builder, seconds]) => ({ builder, seconds: Math.round(seconds) })).filter(({ seconds }) => seconds > 0),
  };
} // prettier-ignore

function newMaster({ name, wasThere, startedAt, arrivedAt, drainedAt, error }: SavedNew): UpgradedMaster {
  const isThere = wasThere || arrivedAt !== null;
  const outcome = drainedAt !== null ? 'stopped' : isThere ? (wasThere ? 'was there' : 'arrived') : startedAt === null ? 'not started' : 'not arrived'; // prettier-ignore
  const seconds = startedAt === null || arrivedAt === null ? null : Math.round(arrivedAt - startedAt);
  return { name, role: 'new', outcome, killed: false, seconds, error: isThere ? null : error };
}

function oldMaster(one: SavedOld, now: number): UpgradedMaster {
  const { name, askedAt, endedAt, ending, killed, broughtBack, error } = one;
  const outcome = broughtBack ?? ending ?? (askedAt === null ? 'not asked' : 'running');
  const seconds = askedAt === null ? null : Math.round((endedAt ?? now) - askedAt);
  return { name, role: 'old', outcome, killed, seconds, error };
}
