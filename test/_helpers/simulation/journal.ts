/*
 * Every row that is written of requests and builds, in the order in which it is written: triggers of the database note it
 * in the same transaction, whoever writes.
 */
import type { Database, Statement } from 'better-sqlite3';

export interface Entry {
  readonly seq: number;
  /** The table, and `+`, `~` or `-`. */
  readonly what: string;
  readonly id: number;
  /** What it belongs to. */
  readonly of: number;
  readonly a: number | null;
  readonly b: number | null;
  readonly c: number | null;
  readonly d: number | null;
}

/** What is noted of a row, in the order of `of`, `a`, `b`, `c`, `d`. */
const noted: readonly (readonly [what: string, when: string, id: string, columns: readonly string[]])[] = [
  ['builds +', 'insert on builds', 'new.id', ['new.buildrequestid', 'new.masterid', 'new.builderid', 'new.workerid', 'new.number']],
  ['builds ~', 'update on builds', 'new.id', ['new.buildrequestid', 'old.complete_at', 'new.complete_at', 'old.results', 'new.results']],
  ['builds -', 'delete on builds', 'old.id', ['old.buildrequestid']],
  ['buildrequests +', 'insert on buildrequests', 'new.id', ['new.buildsetid', 'new.builderid', 'new.priority', 'new.submitted_at', 'new.waited_for']],
  ['buildrequests ~', 'update on buildrequests', 'new.id', ['new.buildsetid', 'old.complete', 'new.complete', 'old.results', 'new.results']],
  ['buildrequests -', 'delete on buildrequests', 'old.id', ['old.buildsetid']],
  ['buildrequest_claims +', 'insert on buildrequest_claims', 'new.brid', ['new.masterid']],
  ['buildrequest_claims ~', 'update on buildrequest_claims', 'new.brid', ['new.masterid']],
  ['buildrequest_claims -', 'delete on buildrequest_claims', 'old.brid', ['old.masterid']],
  ['buildsets +', 'insert on buildsets', 'new.id', ['new.parent_buildid', 'new.complete', 'new.results']],
  ['buildsets ~', 'update on buildsets', 'new.id', ['new.parent_buildid', 'old.complete', 'new.complete', 'old.results', 'new.results']],
  ['buildsets -', 'delete on buildsets', 'old.id', ['old.parent_buildid']],
  ['steps +', 'insert on steps', 'new.id', ['new.buildid', 'new.number', "new.name like 'trigger%'"]],
  ['steps ~', 'update on steps', 'new.id', ['new.buildid', 'old.complete_at', 'new.complete_at', 'old.results', 'new.results']],
  ['steps -', 'delete on steps', 'old.id', ['old.buildid']],
  ['logs +', 'insert on logs', 'new.id', ['new.stepid']],
  ['logs ~', 'update on logs', 'new.id', ['new.stepid', 'old.complete', 'new.complete', 'old.num_lines', 'new.num_lines']],
  ['logs -', 'delete on logs', 'old.id', ['old.stepid']],
  ['logchunks +', 'insert on logchunks', 'new.logid', ['new.logid', 'new.first_line', 'new.last_line']],
  ['logchunks ~', 'update on logchunks', 'new.logid', ['new.logid', 'new.first_line', 'new.last_line']],
  ['logchunks -', 'delete on logchunks', 'old.logid', ['old.logid', 'old.first_line', 'old.last_line']],
]; // prettier-ignore

const names = ['of', 'a', 'b', 'c', 'd'];

export const journalTable = [
  'create table journal (seq integer primary key, what text, id integer, "of" integer, a integer, b integer, c integer, d integer)',
  ...noted.map(([what, when, id, columns], index) => {
    const into = ['what', 'id', ...names.slice(0, columns.length).map((name) => `"${name}"`)].join(', ');
    return `create trigger note_${index} after ${when} begin
      insert into journal (${into}) values ('${what}', ${[id, ...columns].join(', ')}); end`;
  }),
].join(';\n');

/** Reads on from where it has read to. */
export class Journal {
  private readonly next: Statement<unknown[]>;
  private readonly forget: Statement<unknown[]>;
  private seq = 0;

  constructor(connection: Database) {
    this.next = connection.prepare('select * from journal where seq > ? order by seq');
    this.forget = connection.prepare('delete from journal where seq < ?');
  }

  read(): readonly Entry[] {
    const entries = this.next.all(this.seq) as Entry[];
    const last = entries.at(-1);
    if (!last) return entries;
    // The last one stays: its number must not be given again.
    if (Math.floor(last.seq / 1000) > Math.floor(this.seq / 1000)) this.forget.run(last.seq);
    this.seq = last.seq;
    return entries;
  }
}
