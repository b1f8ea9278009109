// Which Buildbot makes which revision, and what comes between two of them: as its own databases have it.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { buildbotOf, endsRunningMasters, revisionOfVersion, revisionText, schemaSteps } from '../../../src/lib/model/schema-steps.js'; // prettier-ignore

const recorded = [['0.9.15.post1', 51], ['2.10.5', 58], ['3.7.0', 59], ['4.3.0', 67]] as const; // prettier-ignore

test('a version wants the revision that its databases have', (t) => {
  for (const [version, revision] of recorded) t.is(revisionOfVersion(version), revision);
  const others = { '0.9.0': 47, '0.9.10': 47, '0.9.11': 51, '1.8.2': 51, '2.0.0': 52, '2.9.9': 52, '3.3.0': 58, '3.4': 59, '3.8.0': 59, '3.9.2': 62, '3.10.0': 64, '3.11.9': 64, '4.0.0': 66, '4.2.1': 66, '4.3': 67, '4.3.7': 67 }; // prettier-ignore
  for (const [version, revision] of Object.entries(others)) t.is(revisionOfVersion(version), revision, version);
  for (const version of ['4.4.0', '5.0', '0.8.14', 'latest', '']) t.is(revisionOfVersion(version), null, version);
});

test('each revision that a version wants is told as its own', (t) => {
  for (const version of ['3.7.0', '3.9.0', '3.10.0', '4.0.0', '4.3.0']) {
    const revision = revisionOfVersion(version)!;
    t.true(buildbotOf(revisionText(revision)).startsWith(version.replace(/\.0$/, '').replace('3.7', '3.4')), version);
  }
  t.is(revisionText(58), '58');
  t.is(revisionText(59), '059');
  t.is(buildbotOf('068'), 'newer than 4.3');
});

/** `table` and `table.column` of a schema that Buildbot made. */
function thingsIn(version: string): Set<string> {
  const sql = readFileSync(`test/fixtures/${version}/mariadb/fresh.schema.sql`, 'utf8');
  const tables = [...sql.matchAll(/^CREATE TABLE `(\w+)` \(\n(.*?)^\)/gms)];
  return new Set(tables.flatMap(([, table, body = '']) => [table!, ...[...body.matchAll(/^ {2}`(\w+)` /gm)].map(([, column]) => `${table}.${column}`)])); // prettier-ignore
}

for (const [index, [version, revision]] of recorded.slice(1).entries()) {
  const [before, from] = recorded[index]!;
  test(`between ${before} and ${version} comes what is told, and nothing else`, (t) => {
    const [earlier, later] = [thingsIn(before), thingsIn(version)];
    const added = [...later].filter((thing) => !earlier.has(thing));
    const fresh = new Set(added.filter((thing) => !thing.includes('.')));
    const columns = added.filter((thing) => thing.includes('.') && !fresh.has(thing.split('.')[0]!));
    const steps = schemaSteps(from, revision);
    t.true(earlier.size > 100);
    t.deepEqual([[...steps.tables].sort(), [...steps.columns].sort()], [[...fresh].sort(), columns.sort()]);
    t.deepEqual(schemaSteps(revision, revision), { tables: [], columns: [] });
  });
}

test('only the step to 4.0 ends what runs', (t) => {
  t.true(endsRunningMasters(64, 66) && endsRunningMasters(58, 67) && endsRunningMasters(65, 66));
  t.false(endsRunningMasters(58, 64) || endsRunningMasters(66, 67) || endsRunningMasters(67, 64));
});
