import { controlBlockers, missingVerbs } from '../../drain/blockers.js';
import { verbsAtDeadline } from '../../drain/plan-shut-down.js';
import { list, printable } from '../../model/names.js';
import { blocking, few, warning } from './remark.js';
import type { Remark, Rule } from './remark.js';
import type { Scene } from './scene.js';

/** What nothing says how to do. */
export const controls: Rule = (scene) => {
  const verbs = ['drain', ...verbsAtDeadline(scene.input.onDeadline)] as const;
  return [
    ...scene.starting.flatMap((newcomer) => blocking(controlBlockers(newcomer, ['start']))),
    ...scene.leaving.flatMap(({ master, controlled }) => blocking(controlBlockers({ name: master.name, controlled }, verbs))),
    ...ofAbort(scene),
  ];
}; // prettier-ignore

/** `--abort` starts what was stopped, and stops what was started. */
function ofAbort({ leaving, starting }: Scene): Remark[] {
  const old = leaving.filter(({ controlled }) => missingVerbs(controlled, ['start']).length > 0);
  const fresh = starting.filter(({ controlled }) => missingVerbs(controlled, ['drain']).length > 0);
  const parts = [
    toldOf('start', old.map(({ master }) => master.name), ' again'),
    toldOf('drain', fresh.map(({ name }) => name)),
  ].filter(Boolean); // prettier-ignore
  return parts.length === 0 ? [] : [warning(`An abort could not ${parts.join(', nor ')}: their "control" in cluster.yaml does not say how.`)]; // prettier-ignore
}

function toldOf(verb: string, names: readonly string[], after = ''): string {
  return names.length === 0 ? '' : `${verb} ${list(names.map(printable), few)}${after}`;
}
