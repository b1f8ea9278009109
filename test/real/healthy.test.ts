// Two masters that work: no check says otherwise.
import { createCluster, readResults, readServices, realTest, SUCCESS, until } from '../_helpers/buildbot.js';
import { bbctl } from '../_helpers/cli.js';

/** What is so here: Buildbot's default tables, and workers inside the masters, of the same names in both. */
const expected = ['engine-without-transactions', 'worker-connected-twice'];

interface Told {
  readonly findings: readonly { id: string; message: string }[];
}

for (const engine of ['postgres', 'myisam'] as const) {
  realTest(engine, `nothing is wrong with two masters that build, on ${engine}`, async (t) => {
    const { db, a, b, openGate } = await createCluster(t, engine, { servicePollSeconds: 5, periodSeconds: 6 });
    await a.start();
    await b.start();
    await until('the services are held', async () => Object.values(await readServices(db)).every((id) => id !== null));
    const { requestId: slow } = await a.force('slow');
    const { requestId: quick } = await b.force('quick');
    await until('B builds', async () => (await readResults(db, quick)) === SUCCESS);

    const healthy = async (): Promise<void> => {
      const doctor = await bbctl(['doctor', '--json'], { db: db.url });
      const { findings } = doctor.json() as Told;
      const wrong = findings.filter(({ id }) => !expected.includes(id));
      t.deepEqual(wrong.map(({ id, message }) => [id, message]), []); // prettier-ignore
      const { status, stdout, stderr } = await bbctl(['health', '--repair'], { db: db.url });
      t.is(status, 0, stdout + stderr);
      t.regex(stdout, /^OK: 2 masters alive, \d+ requests? pending\n$/);
    };
    await healthy();
    await openGate();
    await until('A ends its build', async () => (await readResults(db, slow)) === SUCCESS);
    await healthy();
  });
}
