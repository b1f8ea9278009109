import type { Transaction } from './connect.js';

/** Of a column of MySQL for texts. */
const longestTextBytes = 65_535;

/**
 * What of a text the changes' columns can hold, on each engine: no NUL, no more than `length`
 * characters; on MySQL no more bytes than a text has, and where its tables hold no characters beyond the first 65,536 (as
 * Buildbot's do, if nobody chose otherwise), a sign in place of each.
 */
export async function storableText(tx: Transaction, text: string, length = Infinity): Promise<string> {
  let storable = text.replaceAll('\0', '');
  if (storable.length > length) storable = [...storable].slice(0, length).join('');
  if (tx.dialect.engine !== 'mysql') return storable;
  if (/[\u{10000}-\u{10ffff}]/u.test(storable) && !(await holdsEverything(tx))) {
    storable = storable.replace(/[\u{10000}-\u{10ffff}]/gu, '\ufffd');
  }
  return withinBytes(storable, longestTextBytes);
}

async function holdsEverything(tx: Transaction): Promise<boolean> {
  const column = await tx
    .sql('information_schema.columns')
    .whereRaw('table_schema = database()')
    .where({ table_name: 'changes', column_name: 'comments' })
    .first<{ charset: string } | undefined>('character_set_name as charset');
  return column?.charset === 'utf8mb4';
}

function withinBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  // Not in the middle of a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString();
}
