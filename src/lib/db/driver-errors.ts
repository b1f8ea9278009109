import { Failure } from '../errors.js';
import type { FailureCode } from '../errors.js';
import type { Location } from './url.js';

/**
 * Lost a race that the engine settled; the same transaction may succeed now. (SQLITE_BUSY has waited already.) Where
 * somebody else has inserted the same unique key, it sees that row now.
 */
const retryable = new Set(['40001', '40P01', '23505', 'ER_LOCK_DEADLOCK', 'ER_CHECKREAD', 'ER_DUP_ENTRY', 'SQLITE_BUSY_SNAPSHOT']); // prettier-ignore

export function isRetryable(error: unknown): boolean {
  return (
    retryable.has(codeOf(error)) || (error instanceof Error && error.cause !== undefined && isRetryable(error.cause))
  );
}

const busy = new Set(['SQLITE_BUSY', '55P03', 'ER_LOCK_WAIT_TIMEOUT']);

/** Somebody else had it locked all the while: nothing is wrong with asking again. */
export function isBusy(error: unknown): boolean {
  return busy.has(codeOf(error)) || (error instanceof Error && error.cause !== undefined && isBusy(error.cause));
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

interface Translation {
  readonly codes: RegExp;
  readonly code: FailureCode;
  readonly say: (label: string, detail: string) => string;
  readonly try: string;
}

const translations: readonly Translation[] = [
  {
    codes:
      /^(ECONNREFUSED|ENOENT|ECONNRESET|EPIPE|EHOSTUNREACH|ENETUNREACH|08\w{3}|25P0[34]|57P0[1-5]|PROTOCOL_CONNECTION_LOST|ER_SERVER_SHUTDOWN|ER_NORMAL_SHUTDOWN|ER_CONNECTION_KILLED|ER_CLIENT_INTERACTION_TIMEOUT|ER_NEW_ABORTING_CONNECTION|ER_CON_COUNT_ERROR|ER_TOO_MANY_USER_CONNECTIONS|ER_USER_LIMIT_REACHED|53300|ECONNECTION)$/,
    code: 'unreachable',
    say: (label, detail) => `The database ${label} does not answer: ${detail}.`,
    try: 'Check that it runs, and that host and port are right.',
  },
  {
    codes: /^(HANDSHAKE_\w+|ERR_(TLS|SSL)\w*|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+)$/,
    code: 'unreachable',
    say: (label, detail) => `There is no TLS connection to ${label}: ${detail}.`,
    try: 'Check sslmode and sslrootcert (on MySQL ssl-mode and ssl-ca) in the database URL.',
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
    code: 'unreachable',
    say: (label) => `The host of ${label} is not known.`,
    try: 'Check its name in the database URL.',
  },
  {
    codes: /^(28P01|28000|ER_ACCESS_DENIED_ERROR|ER_ACCESS_DENIED_NO_PASSWORD_ERROR|ER_NOT_SUPPORTED_AUTH_MODE|SASL)$/,
    code: 'unreachable',
    say: (label, detail) => `The database ${label} does not let us in: ${detail}.`,
    try: 'Give the password in the URL (percent-encoded), in PGPASSWORD or MYSQL_PWD, in ~/.pgpass, or in a context with passwordFile.',
  },
  {
    codes: /^(3D000|ER_BAD_DB_ERROR)$/,
    code: 'unreachable',
    say: (label, detail) => `There is no such database for us as ${label}: ${detail}.`,
    try: 'Check the name after the last slash of the URL.',
  },
  {
    codes:
      /^(42501|ER_DBACCESS_DENIED_ERROR|ER_TABLEACCESS_DENIED_ERROR|ER_COLUMNACCESS_DENIED_ERROR|ER_SPECIFIC_ACCESS_DENIED_ERROR)$/,
    code: 'unreachable',
    say: (label, detail) => `This user may not do that on ${label}: ${detail}.`,
    try: 'It needs more rights: "bbctl grants repair" prints them as SQL, "bbctl grants read" those for looking alone, "bbctl grants forget" those for removing too; "bbctl db init" needs CREATE.',
  },
  {
    codes:
      /^(25006|ER_OPTION_PREVENTS_STATEMENT|ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|SQLITE_READONLY(_\w+)?|EROFS|EACCES)$/,
    code: 'unreachable',
    say: (label, detail) => `The database ${label} cannot be written: ${detail}.`,
    try: 'Is it a standby, or are its file or directory read-only for this user?',
  },
  {
    codes:
      /^(57014|55P03|ER_LOCK_WAIT_TIMEOUT|ER_LOCK_DEADLOCK|ER_CHECKREAD|40P01|40001|ER_STATEMENT_TIMEOUT|ER_QUERY_TIMEOUT|ETIMEDOUT|PROTOCOL_SEQUENCE_TIMEOUT|SQLITE_BUSY(_\w+)?|SQLITE_LOCKED)$/,
    code: 'timedOut',
    say: (label, detail) => `The database ${label} did not answer in time: ${detail}.`,
    try: 'Nobody answers there, or somebody holds a lock; check the address, or wait longer with --timeout.',
  },
  {
    codes:
      /^(53[124]00|53000|58\w{3}|ER_DISK_FULL|ER_RECORD_FILE_FULL|ER_ERROR_ON_WRITE|ER_OUTOFMEMORY|ER_OUT_OF_RESOURCES)$/,
    code: 'unreachable',
    say: (label, detail) => `The server of ${label} has run out of something: ${detail}.`,
    try: 'Look at its disk and its memory.',
  },
  {
    codes: /^(22001|22021|22P05|ER_TRUNCATED_WRONG_VALUE_FOR_FIELD|ER_DATA_TOO_LONG)$/,
    code: 'usage',
    say: (label, detail) => `The tables of ${label} cannot hold that text: ${detail}.`,
    try: 'Use other characters, or fewer.',
  },
  {
    codes: /^(42P07|ER_TABLE_EXISTS_ERROR)$/,
    code: 'changed',
    say: (label, detail) => `Something in ${label} is called like what was to be made: ${detail}.`,
    try: 'If somebody else has made it meanwhile, look at it with "bbctl status"; else give Buildbot a database of its own.',
  },
  {
    codes: /^ER_(UNKNOWN_STORAGE_ENGINE|TABLE_CANT_HANDLE_\w+|TOO_LONG_KEY)$/,
    code: 'usage',
    say: (label, detail) => `The tables of ${label} cannot have that storage engine: ${detail}.`,
    try: 'Write storage_engine=InnoDB into the database URL, or leave it out.',
  },
  {
    codes: /^(ER_REQUIRES_PRIMARY_KEY|ER_TABLE_WITHOUT_PK)$/,
    code: 'refused',
    say: (label) => `The server of ${label} wants a primary key in each table, and not all of Buildbot's have one.`,
    try: 'Switch that off there (sql_require_primary_key, on MariaDB innodb_force_primary_key).',
  },
  {
    // Whatever its revision says: it was changed by hand, or is newer.
    codes: /^(42703|42P01|ER_BAD_FIELD_ERROR|ER_NO_SUCH_TABLE)$/,
    code: 'schema',
    say: (label, detail) => `The tables of ${label} are not as Buildbot makes them: ${detail}.`,
    try: 'Was an upgrade interrupted? Finish it with "buildbot upgrade-master".',
  },
  {
    codes: /^SQLITE_(NOTADB|CORRUPT)(_\w+)?$/,
    code: 'schema',
    say: (label, detail) => `${label} is not a healthy SQLite database: ${detail}.`,
    try: 'Check the path; if it is the right file, restore it from a backup.',
  },
  {
    codes: /^SQLITE_(CANTOPEN|PERM|IOERR|FULL)(_\w+)?$/,
    code: 'unreachable',
    say: (label, detail) => `The database ${label} cannot be opened: ${detail}.`,
    try: 'Run bbctl as the user that the masters run as; SQLite needs to write beside the file even to read it.',
  },
];

/** Messages of drivers that carry no code. */
const codesByMessage: readonly [RegExp, string][] = [
  [/timeout expired|Query read timeout|Timeout acquiring a connection|query timeout/i, 'ETIMEDOUT'],
  [
    /Connection terminated|Connection lost|connection is in closed state|Client has encountered a connection error/i,
    'ECONNRESET',
  ],
  [/is not currently accepting connections/i, 'ECONNREFUSED'],
  [/SASL|wants a password|no password/i, 'SASL'],
  [/max_statement_time exceeded|maximum statement execution time exceeded/i, 'ER_STATEMENT_TIMEOUT'],
  [/(table|index) \S+ already exists/i, '42P07'],
  [/no such (column|table)|has no column named/i, '42703'],
  [/does not support SSL|certificate|TLS|SSL/i, 'ERR_TLS'],
];

/** Makes a sentence of what a driver threw; what is not the database's doing stays what it is (a bug). */
export function translateError(error: unknown, location: Location): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const message = driverMessage(error);
  const code = codeOf(error) || (codesByMessage.find(([pattern]) => pattern.test(message))?.[1] ?? '');
  const byMessage = codesByMessage.find(([pattern]) => pattern.test(message))?.[1] ?? '';
  const translation =
    translations.find((one) => one.codes.test(code)) ?? translations.find((one) => one.codes.test(byMessage));
  if (!translation) return error;
  return new Failure(translation.code, translation.say(location.label, message), {
    try: translation.try,
    cause: error,
  });
}

/** knex puts the statement before the message; the person needs the message. */
function driverMessage(error: Error): string {
  if (/client password must be/.test(error.message)) return 'it wants a password';
  const text =
    error.message || (error instanceof AggregateError ? String((error.errors as Error[])[0]?.message) : codeOf(error));
  return text.slice(text.lastIndexOf(' - ') === -1 ? 0 : text.lastIndexOf(' - ') + 3).replace(/\.$/, '');
}
