// TLS to PostgreSQL, through a proxy that ends it; and what is said where the server has none.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { bbctl } from '../../_helpers/cli.js';
import { deadMaster } from '../../_helpers/clusters.js';
import { engines } from '../../_helpers/database.js';
import { temporaryFolder } from '../../_helpers/gate-hooks.js';
import { listening } from '../../_helpers/network.js';

interface Certificate {
  certFile: string;
  cert: Buffer;
  key: Buffer;
}

/** Self-signed: its own authority. */
async function certificate(t: ExecutionContext, names: string): Promise<Certificate> {
  const folder = await temporaryFolder(t);
  const [certFile, keyFile] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test', '-addext', `subjectAltName=${names}`, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' }); // prettier-ignore
  return { certFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

/** The same database behind TLS, as a PostgreSQL server offers it: after a request in plain text. */
async function behindTls(t: ExecutionContext, url: string, { cert, key }: Certificate): Promise<string> {
  const target = new URL(url);
  const { hostname, port } = target;
  const serve = async (socket: Socket): Promise<void> => {
    await once(socket, 'data');
    socket.write('S');
    const encrypted = new TLSSocket(socket, { isServer: true, cert, key });
    const server = connect(Number(port), hostname);
    for (const one of [encrypted, server]) one.on('error', () => [encrypted, server].forEach((other) => other.destroy())); // prettier-ignore
    encrypted.pipe(server).pipe(encrypted);
  };
  target.port = String(await listening(t, (socket) => void serve(socket)));
  target.hostname = 'localhost';
  return target.href;
}

async function failure(url: string): Promise<{ status: number; message: string; try: string }> {
  const result = await bbctl(['status', '--json'], { db: url });
  return { status: result.status, ...(result.json() as { error: { message: string; try: string } }).error };
}

const postgres = engines.includes('postgres') ? test : test.skip;

postgres('PostgreSQL: encrypted, and verified as far as it is asked for', async (t) => {
  const db = await deadMaster(t, 'postgres');
  const right = await certificate(t, 'DNS:localhost');
  const url = await behindTls(t, db.url, right);
  const modes = ['sslmode=require', 'sslmode=prefer', `sslmode=verify-ca&sslrootcert=${right.certFile}`, `sslmode=verify-full&sslrootcert=${right.certFile}`, `sslmode=require&sslrootcert=${right.certFile}`]; // prettier-ignore
  for (const mode of modes) {
    const { status, stderr } = await bbctl(['masters'], { db: `${url}?${mode}` });
    t.is(status, 0, `${mode}: ${stderr}`);
  }
  t.is((await bbctl(['masters', 'expire', '--yes'], { db: `${url}?sslmode=verify-full&sslrootcert=${right.certFile}` })).status, 0); // prettier-ignore
  t.is((await bbctl(['masters'], { db: url, env: { PGSSLMODE: 'verify-full', PGSSLROOTCERT: right.certFile } })).status, 0); // prettier-ignore
});

postgres('PostgreSQL: a certificate of another name is refused by verify-full only', async (t) => {
  const db = await deadMaster(t, 'postgres');
  const wrong = await certificate(t, 'DNS:elsewhere.invalid');
  const url = await behindTls(t, db.url, wrong);
  t.is((await bbctl(['masters'], { db: `${url}?sslmode=verify-ca&sslrootcert=${wrong.certFile}` })).status, 0);
  const { status, message } = await failure(`${url}?sslmode=verify-full&sslrootcert=${wrong.certFile}`);
  t.is(status, 9);
  t.regex(message, /no TLS connection to .*altnames/i);
});

postgres('PostgreSQL: a certificate of an unknown authority is refused where it is verified', async (t) => {
  const db = await deadMaster(t, 'postgres');
  const [mine, other] = [await certificate(t, 'DNS:localhost'), await certificate(t, 'DNS:localhost')];
  const url = await behindTls(t, db.url, mine);
  for (const mode of ['verify-ca', 'verify-full', 'require']) {
    const { status, message } = await failure(`${url}?sslmode=${mode}&sslrootcert=${other.certFile}`);
    t.is(status, 9, mode);
    t.regex(message, /certificate/i);
  }
  t.is((await failure(`${url}?sslmode=verify-full`)).status, 9);
});

for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb')) {
  const [required, preferred] = engine === 'postgres' ? ['sslmode=require', 'sslmode=prefer'] : ['ssl-mode=REQUIRED', 'ssl-mode=PREFERRED']; // prettier-ignore
  test(`${engine}: of a server without TLS none is got where it is required, and it is done without where it is preferred`, async (t) => {
    const db = await deadMaster(t, engine);
    const refused = await failure(`${db.url}?${required}`);
    t.is(refused.status, 9);
    t.regex(refused.message, /no TLS connection/);
    t.truthy(refused.try);
    const home = await temporaryFolder(t);
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    t.is((await bbctl(['masters', 'expire', '--yes'], { db: `${db.url}?${preferred}`, home })).status, 0);
  });
}
