import { isDeepStrictEqual } from 'node:util';
import {
  addChange,
  changesSince,
  changeTables,
  mendChange,
  newestChangeId,
  newestRevisions,
} from '../../db/changes.js';
import type { NewChange } from '../../db/changes.js';
import { findOrAddObject, readState, stateTables, writeState } from '../../db/object-state.js';
import type { ChangeSourceConfig } from '../../model/cluster-config.js';
import { parseState, stateValue, type PollState } from '../../model/git-poll.js';
import type { FencedTransaction, ServiceContext } from '../service.js';
import type { Commit } from './commit.js';

/** By these a master of Buildbot finds the state of a poller of the same name, and goes on from there. */
const className = 'GitPoller';
const stateKey = 'lastRev';
/** Buildbot knows nothing of this one. */
const unfinishedKey = 'bbctlUnfinished';

/** Some commits of a branch, and the state once they are written. */
export interface Piece {
  readonly commits: readonly PolledCommit[];
  readonly state: PollState;
  /** Nothing more is to be written of this poll. */
  readonly isLast: boolean;
}

export interface PolledCommit extends Commit {
  readonly branch: string;
}

export interface Recorded {
  readonly state: PollState;
  /** As it stands in the database, to tell whether it is still so. */
  readonly value: unknown;
}

/** What a poller keeps in the database: how far it got, and the changes. */
export class PollRecords {
  private readonly config: ChangeSourceConfig;
  private readonly context: ServiceContext;

  constructor(config: ChangeSourceConfig, context: ServiceContext) {
    this.config = config;
    this.context = context;
  }

  read(): Promise<Recorded> {
    return this.context.fenced(stateTables, async (tx) => {
      const objectId = await findOrAddObject(tx, this.config.name, className);
      const value = await readState(tx, objectId, stateKey);
      return { state: parseState(value), value };
    });
  }

  /** What was newest among the changes of this repository: known, whatever became of the branches. */
  readRevisions(): Promise<string[]> {
    return this.context.fenced(['changes'], (tx) => newestRevisions(tx, this.config, 1000));
  }

  /**
   * Writes changes together with the state that says so, if the state is still what they were found by; else nothing, and
   * `null`.
   */
  write(seen: Recorded, piece: Piece): Promise<Recorded | null> {
    const value = stateValue(piece.state, this.config.branches);
    return this.context.fenced([...stateTables, ...changeTables], async (tx) => {
      const objectId = await findOrAddObject(tx, this.config.name, className);
      if (!isDeepStrictEqual(await readState(tx, objectId, stateKey), seen.value)) return null;
      const there = await this.findTorn(tx, objectId, piece);
      for (const commit of piece.commits) await this.writeChange(tx, commit, there.get(keyOf(commit)));
      await writeState(tx, objectId, stateKey, value);
      if (piece.isLast) await this.finish(tx, objectId);
      if (piece.commits.length > 0) tx.announce('changes');
      return { state: piece.state, value };
    });
  }

  private async writeChange(tx: FencedTransaction, commit: PolledCommit, changeId: number | undefined): Promise<void> {
    const change = changeOf(this.config, commit);
    if (changeId === undefined) await addChange(tx, change, tx.now);
    else await mendChange(tx, changeId, change);
  }

  /**
   * Without transactions (MyISAM) a master that is killed leaves changes behind of which the state says nothing. So before
   * the first of a poll it is written from which change on to look for them, until the poll is over.
   */
  private async findTorn(tx: FencedTransaction, objectId: number, piece: Piece): Promise<Map<string, number>> {
    if (!isWithoutTransactions(tx) || piece.commits.length === 0) return new Map();
    const since = await readState(tx, objectId, unfinishedKey);
    if (typeof since !== 'number') {
      await writeState(tx, objectId, unfinishedKey, await newestChangeId(tx));
      return new Map();
    }
    const changes = await changesSince(tx, since, this.config);
    return new Map(changes.map((change) => [keyOf(change), change.changeId]));
  }

  private async finish(tx: FencedTransaction, objectId: number): Promise<void> {
    if (!isWithoutTransactions(tx)) return;
    const since = await readState(tx, objectId, unfinishedKey);
    if (typeof since === 'number') await writeState(tx, objectId, unfinishedKey, null);
  }
}

function isWithoutTransactions({ schema }: FencedTransaction): boolean {
  return schema.withoutTransactions.some((table) => table === 'changes' || table === 'object_state');
}

function keyOf({ branch, revision }: { branch: string | null; revision: string | null }): string {
  return `${revision} ${branch}`;
}

function changeOf(config: ChangeSourceConfig, commit: PolledCommit): NewChange {
  const { repository, project, codebase, category } = config;
  return { ...commit, repository, project, codebase, category, properties: {}, vcs: 'git' };
}
