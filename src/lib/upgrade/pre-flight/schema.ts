import type { Master } from '../../model/master.js';
import { groupBy } from '../../model/group-by.js';
import { count, list, printable, shellArgument } from '../../model/names.js';
import { endsRunningMasters, oldestRevisionOfOwn, revisionOfVersion, revisionText, schemaSteps } from '../../model/schema-steps.js'; // prettier-ignore
import type { Newcomer } from '../newcomer.js';
import { blocker, few, note, warning } from './remark.js';
import type { Remark, Rule } from './remark.js';
import type { Scene } from './scene.js';

/** Can the new masters start on the schema that there is, and the old ones once more? A Buildbot wants its own revision. */
export const schema: Rule = (scene) => {
  const { revision, buildbot } = scene.cluster.database;
  return [
    note(`The schema has revision ${printable(revision)}, as Buildbot ${buildbot} makes it.`),
    ...ofBuildbots(scene),
    ...ofOwn(scene),
    ...ofOld(scene),
  ];
}; // prettier-ignore

function revisionFor({ revision, version }: Newcomer): number | null {
  return revision ?? (version === null ? null : revisionOfVersion(version));
}

function ofBuildbots(scene: Scene): Remark[] {
  const has = Number(scene.cluster.database.revision);
  const buildbots = scene.starting.filter(({ kind }) => kind === 'buildbot');
  const wanted = [...groupBy(buildbots, revisionFor)];
  return wanted.flatMap(([wants, newcomers]) => {
    if (wants === null) return [unknownVersion(newcomers)];
    if (wants < has) return [tooOld(newcomers, wants, scene)];
    return wants > has ? tooNew(newcomers, wants, has, scene) : [];
  });
}

function unknownVersion(newcomers: readonly Newcomer[]): Remark {
  const said = newcomers.filter(({ version }) => version !== null);
  const way = said.length > 0 ? 'bbctl does not know that version.' : 'Write its version into cluster.yaml ("version: 4.3.0"), or let its Buildbot tell with --load-config, where its folder is on this machine.'; // prettier-ignore
  return warning(`Whether ${named(newcomers)} can start on this schema shows only when it does. ${way}`);
}

function tooOld(newcomers: readonly Newcomer[], wants: number, { cluster }: Scene): Remark {
  const { revision, buildbot } = cluster.database;
  return blocker(
    `${named(newcomers)} cannot start on this schema: it is newer (revision ${printable(revision)}) than what that Buildbot makes (${revisionText(wants)}), and there is no way back.`,
    buildbot.startsWith('newer') ? 'Install the Buildbot that has upgraded the schema, or a newer one.' : `Install Buildbot ${buildbot} for it, or a newer one.`,
  );
} // prettier-ignore

function tooNew(newcomers: readonly Newcomer[], wants: number, has: number, scene: Scene): Remark[] {
  const why = `${named(newcomers)} can start only on revision ${revisionText(wants)} of the schema: "buildbot upgrade-master" must make that of ${revisionText(has)} first, which adds ${changes(has, wants)}.`;
  const running = runningMasters(scene);
  if (endsRunningMasters(has, wants) && running.length > 0) {
    const drain = running.slice(0, few).map(({ name }) => shellArgument(name)).join(' ');
    return [blocker(
      `${why} Running masters do not survive that: they cannot start a build any more without builds.locks_duration_s, and try for ever. So they have to stop before it, and there is no upgrade beside them.`,
      `"bbctl masters drain ${drain}${running.length > few ? ' …' : ''}" (${count(running.length, 'master runs', 'masters run')}), then "buildbot upgrade-master", then start the new ones.`,
    )];
  }
  return [
    blocker(why, 'Make a backup, run "buildbot upgrade-master" with the new Buildbot in the folder of the new master, and then this again. Running masters go on meanwhile.'),
    warning('After "buildbot upgrade-master" no older Buildbot can be started on this database again: an abort could not bring old masters back that have stopped.'),
  ];
} // prettier-ignore

function changes(from: number, to: number): string {
  const { tables, columns } = schemaSteps(from, to);
  const parts = [['table', tables], ['column', columns]] as const; // prettier-ignore
  const told = parts.filter(([, names]) => names.length > 0).map(([noun, names]) => `the ${noun}${names.length === 1 ? '' : 's'} ${list(names)}`); // prettier-ignore
  return told.join(' and ') || 'nothing that bbctl knows of';
}

/** Whoever has the database open, whether it is to be drained or not. */
function runningMasters({ cluster, newcomers }: Scene): Master[] {
  const fresh = new Set(newcomers.map(({ name }) => name));
  return cluster.masters.filter(({ name, active, state }) => active && state !== 'dead' && !fresh.has(name));
}

function ofOwn({ starting, cluster }: Scene): Remark[] {
  const own = starting.filter(({ kind }) => kind === 'bbctl');
  const { revision, unknownRevision } = cluster.database;
  if (own.length === 0) return [];
  if (unknownRevision) return [warning(`The schema is newer than this bbctl knows: whether ${named(own)} would write all that belongs there is not certain.`)]; // prettier-ignore
  if (Number(revision) >= oldestRevisionOfOwn) return [];
  return [blocker(`${named(own)} cannot work on this schema: masters of bbctl's own write for Buildbot 2.10 to 4.3.`, 'Upgrade Buildbot and its schema first.')]; // prettier-ignore
}

/** As far as cluster.yaml says what they are. */
function ofOld({ leaving, cluster }: Scene): Remark[] {
  const has = Number(cluster.database.revision);
  const revisionOf = (version: string | undefined): number => (version === undefined ? null : revisionOfVersion(version)) ?? has; // prettier-ignore
  const older = leaving.filter(({ kind, version }) => kind === 'buildbot' && revisionOf(version) < has);
  if (older.length === 0) return [];
  const failing = older.some(({ version }) => endsRunningMasters(revisionOf(version), has));
  const more = failing ? ' And across 4.0 they cannot start a build any more: drain them now.' : '';
  const names = list(older.map(({ master, version }) => `${printable(master.name)} (Buildbot ${version})`), few);
  return [warning(`The schema was upgraded under ${names}: once stopped, ${older.length === 1 ? 'it' : 'they'} cannot be started again, by an abort neither.${more}`)];
} // prettier-ignore

function named(newcomers: readonly Newcomer[]): string {
  const told = newcomers.map(({ name, version, kind }) => `${printable(name)}${version === null || kind === 'bbctl' ? '' : ` (Buildbot ${printable(version)})`}`); // prettier-ignore
  return list(told, few);
}
