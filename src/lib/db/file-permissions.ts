import path from 'node:path';
import type { UserClass } from '../model/privileges.js';

/** What the operating system must allow: SQLite has no users. */
export interface FilePermission {
  readonly path: string;
  readonly needs: 'read' | 'write';
  readonly why: string;
}

export function permissionsOf(file: string, userClass: UserClass): FilePermission[] {
  const directory = path.dirname(file);
  const beside = `to make ${path.basename(file)}-wal and -shm there while no master runs (WAL, as Buildbot uses it)`;
  const journals = [
    { path: `${file}-wal`, why: 'what was written last, while a master runs' },
    { path: `${file}-shm`, why: 'its index' },
  ];
  if (userClass === 'read') {
    return [
      { path: file, needs: 'read', why: 'the database' },
      ...journals.map((journal) => ({ ...journal, needs: 'read' as const })),
      { path: directory, needs: 'write', why: beside },
    ];
  }
  return [
    { path: file, needs: 'write', why: 'the database' },
    ...journals.map((journal) => ({ ...journal, needs: 'write' as const })),
    { path: directory, needs: 'write', why: `${beside}, and ${path.basename(file)}.bbctl-lock` },
  ];
}
