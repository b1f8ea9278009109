/* Pure: what is wanted, by the words of the command line and by what is saved of the last upgrade. */
import { Failure } from '../errors.js';
import { list, printable } from '../model/names.js';
import { goBack, goOn } from './halt.js';
import type { SavedUpgrade } from './saved-upgrade.js';
import type { UpgradeWish } from './wish.js';

/** `new`: `drain` and `start` are the words; else they are names that are saved. */
export interface Intent {
  readonly way: 'new' | 'resume' | 'abort';
  readonly drain: readonly string[];
  readonly start: readonly string[];
  readonly saved: SavedUpgrade | null;
}

/** Throws a `Failure` for what cannot be meant. */
export function intentOf({ mode, drain, start, force }: UpgradeWish, saved: SavedUpgrade | null): Intent {
  if (mode !== 'begin') {
    const begun = verified(saved, mode);
    return { way: mode, ...namesOf(begun), saved: begun };
  }
  if (saved === null || saved.finished !== null || force) return { way: 'new', drain, start, saved: null };
  if (isSame({ drain, start }, saved)) return { way: 'resume', ...namesOf(saved), saved };
  throw unfinished(saved);
}

/** There is one, and it is not finished. */
function verified(saved: SavedUpgrade | null, mode: 'resume' | 'abort'): SavedUpgrade {
  const abort = mode === 'abort';
  if (saved === null) throw new Failure('notFound', `No upgrade of this database is known here: there is nothing to ${abort ? 'take back' : 'go on with'}.`, { try: 'It is kept beside the journal of who began it: is this the same user, on the same machine?' }); // prettier-ignore
  if (saved.finished === null) return saved;
  const again = abort && saved.finished === 'done' ? { try: 'To go back, upgrade the other way round: --drain the new masters, and --start the old ones.' } : {}; // prettier-ignore
  const how = saved.finished === 'done' ? 'is done' : 'was taken back';
  throw new Failure('notFound', `The last upgrade (${inWords(saved)}) ${how}: nothing is left of it to do.`, again);
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
function isSame({ drain, start }: Pick<UpgradeWish, 'drain' | 'start'>, saved: SavedUpgrade): boolean {
  const covers = (words: readonly string[], named: readonly { name: string; key: string; id?: number }[]): boolean =>
    new Set(words).size === named.length && named.every(({ name, key, id }) => words.some((word) => word === name || word === key || word === String(id))); // prettier-ignore
  return covers(drain, saved.old) && covers(start, saved.start);
}
