import path from 'node:path';
import * as v from 'valibot';
import type { ClusterFile } from '../cluster-file.js';
import type { Control, MasterEntry } from '../model/inventory.js';
import type { ControlAction } from './control-settings.js';
import { buildbotMaster, ownMaster } from './master-settings.js';
import { entriesIn, namesIn } from './sections.js';
import type { Section, Settings } from './sections.js';
import { top } from './top-settings.js';

/** Of what is valid. */
export function clusterFileOf(file: string, raw: unknown): ClusterFile {
  const { database, complete, tokenFile } = v.parse(top, raw ?? {});
  const names = (section: Section): ReadonlySet<string> =>
    new Set([...namesIn(raw, section, 'own'), ...namesIn(raw, section, 'elsewhere')]);
  return {
    database: database ?? null,
    inventory: {
      file,
      complete,
      tokenFile: tokenFile ? path.resolve(path.dirname(path.resolve(file)), tokenFile) : null,
      masters: entriesIn(raw, 'masters').map(([key, master]) => masterEntry(file, key, master)),
      builders: names('builders'),
      workers: names('workers'),
      schedulers: names('schedulers'),
      changeSources: names('changeSources'),
    },
  };
}

function masterEntry(file: string, key: string, settings: Settings): MasterEntry {
  const isOwn = settings['kind'] !== 'buildbot';
  const { name, kind, control, version } = v.parse(buildbotMaster, settings);
  const listen = isOwn ? (v.parse(ownMaster, settings).listen ?? null) : null;
  const folder = path.dirname(path.resolve(file));
  const given = Object.entries(control).filter((entry): entry is [string, ControlAction] => entry[1] !== undefined);
  const actions = given.map(([verb, action]) => [verb, controlOf(action, folder)]);
  const said = version ? { version } : {};
  return {
    key,
    name: name ?? null,
    kind,
    ...said,
    listen,
    control: Object.fromEntries(actions) as MasterEntry['control'],
  };
}

function controlOf(action: ControlAction, folder: string): Control {
  if ('pidFile' in action) return { ...action, pidFile: path.resolve(folder, action.pidFile) };
  if (!('exec' in action)) return action;
  const { exec, timeout } = action;
  return { exec, ...(timeout === undefined ? {} : { timeoutMs: timeout }) };
}
