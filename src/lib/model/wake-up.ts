import { printable, shellWord } from './names.js';
import type { Master } from './master.js';

/** What makes a master look for requests now. The name is `host:/base/dir`, unless the configuration says otherwise. */
export function reconfigCommand(master: Master): string {
  const place = /^([^-:/\s][^:/\s]*):(\/.*)$/.exec(master.name);
  if (!place) return `buildbot reconfig BASEDIR   (on ${printable(master.name)})`;
  // Quoted twice: the shell there reads it again.
  return `ssh ${shellWord(place[1] ?? '')} buildbot reconfig ${shellWord(shellWord(place[2] ?? ''))}`;
}
