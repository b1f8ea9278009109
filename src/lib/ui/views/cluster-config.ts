import type { ClusterConfig, MasterConfig } from '../../model/cluster-config.js';
import { addressText, roleOf } from '../../model/cluster-warnings.js';
import type { Column } from '../list.js';

/** What a master runs, or may run: its services are shared with the others of that role. */
export interface MasterConfigRow {
  key: string;
  name: string | null;
  roles: string[];
  listen: string | null;
  workerListen: string | null;
  builders: string[];
  workers: string[];
  schedulers: string[];
  changeSources: string[];
}

export function masterConfigRows(config: ClusterConfig, masters: readonly MasterConfig[]): MasterConfigRow[] {
  return masters.map(({ key, name, roles, listen, workerListen }) => {
    const builds = roles.has('builders');
    const workers = config.workers.filter(({ kind }) => kind === 'local' || workerListen !== null);
    return {
      key,
      name,
      roles: [...roles],
      listen: listen && addressText(listen),
      workerListen: workerListen && addressText(workerListen),
      builders: builds ? namesOf(config.builders) : [],
      workers: builds ? namesOf(workers) : [],
      schedulers: namesOf(config.schedulers.filter((scheduler) => roles.has(roleOf(scheduler)))),
      changeSources: roles.has('schedulers') ? namesOf(config.changeSources) : [],
    };
  });
}

function namesOf(things: readonly { readonly name: string }[]): string[] {
  return things.map(({ name }) => name);
}

export const masterConfigColumns: readonly Column<MasterConfigRow>[] = [
  { name: 'key', header: 'MASTER' },
  { name: 'name' },
  { name: 'listen' },
  { name: 'builders', cut: 'end' },
  { name: 'schedulers', cut: 'end' },
  { name: 'workers', cut: 'end' },
  { name: 'changeSources', cut: 'end' },
  { name: 'workerListen' },
  { name: 'roles', cut: 'end' },
];

/** As `--json` prints it: without sets, and without the password of the database. */
export function shownConfig(config: ClusterConfig, masters: readonly MasterConfig[], database: string | null) {
  return { ...config, database, masters: masters.map((master) => ({ ...master, roles: [...master.roles] })) };
}
