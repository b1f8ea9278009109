import { groupBy } from '../../model/group-by.js';
import { list, printable, shellArgument } from '../../model/names.js';
import { blocker } from './remark.js';
import type { Remark, Rule } from './remark.js';
import type { Scene } from './scene.js';

/** One master meant twice. */
export const names: Rule = (scene) => [...inBothLists(scene), ...startedTwice(scene)];

function inBothLists({ input }: Scene): Remark[] {
  const old = new Set(input.old.map(({ master }) => master.name));
  return input.start.filter(({ name }) => old.has(name)).map(({ name }) =>
    blocker(
      `${printable(name)} is to be started and drained: an upgrade puts new masters beside the old ones.`,
      `To upgrade a master in its place: "bbctl masters drain ${shellArgument(name)}", then upgrade and start it; meanwhile the others have its work. Else give the new one a name and a folder of its own.`,
    ),
  );
} // prettier-ignore

function startedTwice({ input }: Scene): Remark[] {
  const twice = [...groupBy(input.start, ({ name }) => name).values()].filter((same) => same.length > 1);
  return twice.map((same) =>
    blocker(
      `${list(same.map(({ key }) => printable(key)))} of cluster.yaml are the same master, ${printable(same[0]!.name)}.`,
      'Give each its own name there: the second would be refused, or take the place of the first.',
    ),
  );
}
