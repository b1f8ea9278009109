import { addRowIfFree } from './add-row.js';
import type { Transaction } from './connect.js';
import { fitted } from './hash-columns.js';

export const userTables: readonly string[] = ['users', 'users_info'];

const identifierLength = 255;
const attributeLength = 128;

/**
 * `users.uid` of a change's author, whom Buildbot knows by the kind of repository and the name there. A new one gets the
 * name as identifier, with a number behind it where somebody else has it.
 */
export async function findOrAddUser(tx: Transaction, author: string, vcs: 'git'): Promise<number> {
  // Names that are too long for Buildbot itself are shortened as it shortens others, so that they stay apart.
  const attribute = { attr_type: vcs, attr_data: fitted(author, attributeLength) };
  const find = () => tx.sql('users_info').where(attribute).first<{ uid: number } | undefined>('uid');
  const found = await find();
  if (found) return found.uid;
  for (let identifier = fitted(author, identifierLength); ; identifier = incremented(identifier)) {
    const uid = await addRowIfFree(tx, 'users', 'uid', { identifier });
    if (uid !== null) await tx.sql('users_info').insert({ uid, ...attribute }).onConflict().ignore(); // prettier-ignore
    // Somebody else's, added since this transaction began, is seen only by a look that locks.
    const added = await find().forShare();
    if (added) return added.uid;
  }
}

/** `name` → `name_2` → `name_3` */
function incremented(identifier: string): string {
  const [, stem = identifier, number = '1'] = /^(.*)_(\d+)$/s.exec(identifier) ?? [];
  const suffix = `_${Number(number) + 1}`;
  return [...stem].slice(0, identifierLength - suffix.length).join('') + suffix;
}
