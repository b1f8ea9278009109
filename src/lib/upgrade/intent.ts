/* Pure: what is wanted, by the words of the command line and by what is saved of the last upgrade. */
import { Failure } from '../errors.js';
import { list, printable } from '../model/names.js';
import { goBack, goOn } from './halt.js';
import type { SavedUpgrade } from './saved-upgrade.js';

export interface UpgradeWords {
  readonly drain: readonly string[];
  readonly start: readonly string[];
  readonly resume: boolean;
  readonly abort: boolean;
  /** In place of an upgrade that is not finished. */
  readonly force: boolean;
}

/** `new`: `drain` and `start` are the words; else they are names that are saved. */
export interface Intent {
  readonly way: 'new' | 'resume' | 'abort';
  readonly drain: readonly string[];
  readonly start: readonly string[];
  readonly saved: SavedUpgrade | null;
}

/** Throws a `Failure` for what cannot be meant. */
export function intentOf(words: UpgradeWords, saved: SavedUpgrade | null): Intent {
  const { drain, start, resume, abort, force } = words;
  if (resume || abort) return goingOn(words, verified(saved, abort));
  if (drain.length === 0) throw new Failure('usage', 'Name the masters to drain with --drain, and those to start with --start.', { try: `Or go on with an upgrade that was interrupted: "${goOn}".` }); // prettier-ignore
  if (saved === null || saved.finished !== null || force) return { way: 'new', drain, start, saved: null };
  if (isSame(words, saved)) return { way: 'resume', ...namesOf(saved), saved };
  throw unfinished(saved);
}

function goingOn(words: UpgradeWords, saved: SavedUpgrade): Intent {
  const { drain, start, resume, abort } = words;
  if (resume && abort) throw new Failure('usage', 'Either --resume or --abort.');
  if (drain.length + start.length > 0 && !isSame(words, saved)) throw new Failure('usage', `Another upgrade is under way: ${inWords(saved)}.`, { try: `Leave out --drain and --start.` }); // prettier-ignore
  return { way: abort ? 'abort' : 'resume', ...namesOf(saved), saved };
}

/** There is one, and it is not finished. */
function verified(saved: SavedUpgrade | null, abort: boolean): SavedUpgrade {
  if (saved === null) throw new Failure('notFound', `No upgrade of this database is known here: there is nothing to ${abort ? 'take back' : 'go on with'}.`, { try: 'It is kept beside the journal of who began it: is this the same user, on the same machine?' }); // prettier-ignore
  if (saved.finished === null) return saved;
  const again = abort && saved.finished === 'done' ? { try: 'To go back, upgrade the other way round: --drain the new masters, and --start the old ones.' } : {}; // prettier-ignore
  throw new Failure('notFound', `The last upgrade (${inWords(saved)}) is finished: it is ${saved.finished}.`, again);
}

function unfinished(saved: SavedUpgrade): Failure {
  const { user, host } = saved.by;
  return new Failure('refused', `An upgrade is not finished: ${inWords(saved)}, begun by ${printable(user)}@${printable(host)}, last at work ${saved.savedAt}.`, {
    try: `"${goOn}" goes on with it, "${goBack}" takes it back. --force forgets it.`,
  });
} // prettier-ignore

function inWords({ old, start }: SavedUpgrade): string {
  const names = (some: readonly { readonly name: string }[]): string => list(some.map(({ name }) => printable(name)), 3); // prettier-ignore
  return `drain ${names(old)}${start.length > 0 ? `, start ${names(start)}` : ''}`;
}

function namesOf({ old, start }: SavedUpgrade): Pick<Intent, 'drain' | 'start'> {
  return { drain: old.map(({ name }) => name), start: start.map(({ name }) => name) };
}

/** By names, keys or ids, in whatever order. */
function isSame({ drain, start }: UpgradeWords, saved: SavedUpgrade): boolean {
  const covers = (words: readonly string[], named: readonly { name: string; key: string; id?: number }[]): boolean =>
    new Set(words).size === named.length && named.every(({ name, key, id }) => words.some((word) => word === name || word === key || word === String(id))); // prettier-ignore
  return covers(drain, saved.old) && covers(start, saved.start);
}
