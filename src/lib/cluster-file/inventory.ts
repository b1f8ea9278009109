import path from 'node:path';
import * as v from 'valibot';
import type { ClusterFile } from '../cluster-file.js';
import type { Control, MasterEntry } from '../model/inventory.js';
import { buildbotMaster } from './master-settings.js';
import { entriesIn, namesIn } from './sections.js';
import type { Section, Settings } from './sections.js';
import { top } from './top-settings.js';

/** Of what is valid. */
export function clusterFileOf(file: string, raw: unknown): ClusterFile {
  const { database, complete } = v.parse(top, raw ?? {});
  const names = (section: Section): ReadonlySet<string> =>
    new Set([...namesIn(raw, section, 'own'), ...namesIn(raw, section, 'elsewhere')]);
  return {
    database: database ?? null,
    inventory: {
      file,
      complete,
      masters: entriesIn(raw, 'masters').map(([key, master]) => masterEntry(file, key, master)),
      builders: names('builders'),
      workers: names('workers'),
      schedulers: names('schedulers'),
      changeSources: names('changeSources'),
    },
  };
}

function masterEntry(file: string, key: string, settings: Settings): MasterEntry {
  const { name, kind, control } = v.parse(buildbotMaster, settings);
  const folder = path.dirname(path.resolve(file));
  const actions = (Object.entries(control) as [string, Control | undefined][]).map(([verb, action]) => [
    verb,
    action && 'pidFile' in action ? { ...action, pidFile: path.resolve(folder, action.pidFile) } : action,
  ]);
  return { key, name: name ?? null, kind, control: Object.fromEntries(actions) as MasterEntry['control'] };
}
