import { printable } from '../../model/names.js';
import type { GrantsAnswer } from '../../grants.js';

/** To be pasted. What makes the user is a comment, for it may be there, and its password is nobody's to print. */
export function renderGrants({ engine, create, statements, files }: GrantsAnswer): string {
  if (engine === 'sqlite') return renderFiles(files);
  return [
    `-- The user must be there first${engine === 'postgres' ? '; \\password in psql gives it a password' : ''}:`,
    `-- ${create};`,
    ...statements.map((statement) => `${statement};`),
  ].join('\n');
}

function renderFiles(files: GrantsAnswer['files']): string {
  return [
    'SQLite has no users: what counts is who may read and write the files.',
    ...files.map(({ path, needs, why }) => `  ${needs.padEnd(5)}  ${printable(path)}: ${why}`),
    'Run bbctl as the user that the masters run as: files that another user has made there can lock them out.',
  ].join('\n');
}
