/*
 * When a thing may be forgotten: nobody configures it, nobody who lives may still know it, and it is certain, or said,
 * that nobody will come back for it. Living masters keep the ids of what they know: without the row they would fail for
 * ever.
 */
import type { Cluster } from '../model/cluster.js';
import { formatDuration } from '../model/duration.js';
import type { Certainty } from '../model/inventory.js';
import { isLiving } from '../model/master.js';
import type { Master } from '../model/master.js';
import { list, printable, shellArgument } from '../model/names.js';
import type { Blocker } from '../operation.js';

/** A builder, worker or service that is to be forgotten, renamed or merged away. */
export interface Leftover {
  readonly noun: 'builder' | 'worker' | 'scheduler' | 'change source';
  readonly name: string;
  /** `masters.id` of those that configure it, hold it, or say that it is connected to them. */
  readonly masterIds: readonly number[];
  /** `masters.id` of those that built on or with it last, the newest first. */
  readonly usedBy: readonly number[];
}

export interface LeftoverRules {
  readonly cluster: Cluster;
  /** `null`: the inventory names it. */
  readonly certainty: Certainty | null;
  /** The inventory's file, where there is one. */
  readonly file: string | null;
  readonly force: boolean;
  /** It can be taken back: then nothing has to be typed. */
  readonly isUndoable?: boolean;
}

/** Why it must stay; nothing where it may go. */
export function leftoverBlockers(thing: Leftover, rules: LeftoverRules): Blocker[] {
  return [...namedBlockers(thing, rules), ...configuredBlockers(thing, rules), ...knownBlockers(thing, rules), ...uncertainBlockers(thing, rules)]; // prettier-ignore
}

/** What has to be typed: nothing where it is certain. */
export function typedFor(things: readonly Leftover[], certainties: readonly (Certainty | null)[]): string | undefined {
  const uncertain = things.filter((_, index) => certainties[index] === 'likely');
  return uncertain.length === 0 ? undefined : uncertain.map((thing) => thing.name).join(' ');
}

/** `Change source x` */
export function title({ noun, name }: Pick<Leftover, 'noun' | 'name'>): string {
  return `${noun[0]?.toUpperCase()}${noun.slice(1)} ${printable(name)}`;
}

function namedBlockers(thing: Leftover, { certainty, file }: LeftoverRules): Blocker[] {
  if (certainty !== null) return [];
  const message = `${title(thing)} is named in ${file}: it belongs to the cluster, though no master may configure it now.`;
  return [{ message, try: `Take it out of ${file} first, if it is really gone.`, override: null }];
}

function mastersOf(cluster: Cluster, ids: readonly number[]): Master[] {
  return cluster.masters.filter((master) => ids.includes(master.id));
}

function configuredBlockers(thing: Leftover, { cluster }: LeftoverRules): Blocker[] {
  return mastersOf(cluster, thing.masterIds).map((master) => {
    const name = printable(master.name);
    const way = isLiving(master) || master.state === 'starting'
      ? `Take it out of the configuration of ${name} and reconfigure it, or stop that master.`
      : `If ${name} will not come back: "bbctl masters expire ${shellArgument(master.name)}".`; // prettier-ignore
    return { message: `${title(thing)} is in use by ${name}, which is ${master.state}.`, try: way, override: null };
  });
}

/** A living master without any registration (`zombie`, `silent`) goes on with what it knew. */
function knownBlockers(thing: Leftover, { cluster }: LeftoverRules): Blocker[] {
  const hidden = mastersOf(cluster, thing.usedBy).filter(
    ({ id, state, has }) =>
      (state === 'zombie' || state === 'silent') && !thing.masterIds.includes(id) && has.builderMasters.length === 0,
  );
  return hidden.map((master) => ({
    message: `${title(thing)} may still be known to ${printable(master.name)}, which is ${master.state}: it has no registrations, so nobody can tell.`,
    try: 'Stop that master first.',
    override: null,
  }));
}

function uncertainBlockers(thing: Leftover, { cluster, certainty, force, isUndoable }: LeftoverRules): Blocker[] {
  if (certainty !== 'likely' || force || thing.masterIds.length > 0) return [];
  const orForce = isUndoable ? 'or use --force: "bbctl undo" takes it back' : 'or use --force, and type the name';
  return [
    {
      message: `It is not certain that ${thing.noun} ${printable(thing.name)} is left over: ${whose(thing, cluster)}.`,
      try: `Name everything that there is in a cluster.yaml with "complete: true" and use --config ("bbctl inventory" writes one); ${orForce}.`,
      override: '--force',
    },
  ];
}

/** The master that it may belong to. */
function whose(thing: Leftover, cluster: Cluster): string {
  const away = cluster.masters.filter((master) => !isLiving(master));
  const last = mastersOf(cluster, thing.usedBy.slice(0, 1))[0];
  if (last && !isLiving(last)) return `it may belong to ${describe(last)}, which used it last`;
  if (away.length === 0) return 'a master that is not registered may configure it';
  return `it may belong to ${list(away.map(describe), 3)}`;
}

function describe(master: Master): string {
  const since = master.silentFor === null ? '' : ` (last heard of ${formatDuration(master.silentFor)} ago)`;
  return `${printable(master.name)}${since}`;
}
