import test from 'ava';
import { translateError } from '../../../src/lib/db/driver-errors.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { Failure } from '../../../src/lib/errors.js';

const location = parseDatabaseUrl('postgresql://bb@db1/buildbot');
const thrown = (code: string, message: string): Error => Object.assign(new Error(message), { code });

// A process that lives waits for the database to be well again; a bug would end it.
for (const [code, message] of [
  ['53100', 'could not extend file "base/1/2": No space left on device'],
  ['53200', 'out of memory'],
  ['58030', 'could not read file: Input/output error'],
  ['ER_DISK_FULL', 'Disk full (/tmp); waiting for someone to free some space'],
  ['ER_RECORD_FILE_FULL', "The table 'masters' is full"],
  ['ER_CONNECTION_KILLED', 'Connection was killed'],
  ['55000', 'database "buildbot" is not currently accepting connections'],
] as const) {
  test(`${code} is the server's trouble, not ours`, (t) => {
    const failure = translateError(thrown(code, message), location);
    t.true(failure instanceof Failure && failure.code === 'unreachable' && failure.message.includes(message));
  });
}

test("what is not the database's doing stays what it is", (t) => {
  const error = thrown('55000', 'currval of sequence is not yet defined in this session');
  t.is(translateError(error, location), error);
});
