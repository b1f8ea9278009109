// A real HAProxy on the loopback, in front of the ports where masters listen for workers.
import { connect } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { cleanEnvironment, exited, launch, run } from './buildbot/process.js';
import { until } from './buildbot/until.js';
import { closedPort } from './network.js';

export interface Backend {
  readonly status: string;
  /** Connections that it carries now. */
  readonly sessions: number;
  /** That it has carried since HAProxy was started. */
  readonly total: number;
}

export interface Haproxy {
  /** For the workers. */
  readonly port: number;
  kill9(): Promise<void>;
  start(): Promise<void>;
  /** By the name of the backend server, as its statistics tell. */
  stats(): Promise<Record<string, Backend>>;
}

/** `servers`: name → port. Who has just connected may be with any of them that lives. */
export async function startHaproxy(
  t: ExecutionContext,
  home: string,
  servers: Readonly<Record<string, number>>,
): Promise<Haproxy> {
  const port = await closedPort();
  const socket = join(home, 'haproxy.sock');
  const file = join(home, 'haproxy.cfg');
  writeFileSync(file, configuration(port, socket, servers));
  const env = cleanEnvironment(home);
  await run('haproxy', ['-c', '-q', '-f', file], { cwd: home, env });
  let running = launch('haproxy', ['-db', '-f', file], { cwd: home, env, stdio: 'ignore' });
  const answers = (): Promise<unknown> => until('HAProxy answers', () => stats(socket).catch(() => undefined));
  const kill9 = (): Promise<void> => (running.kill('SIGKILL'), exited(running));
  t.teardown(kill9);
  await answers();
  return {
    port,
    kill9,
    stats: () => stats(socket),
    async start() {
      running = launch('haproxy', ['-db', '-f', file], { cwd: home, env, stdio: 'ignore' });
      await answers();
    },
  };
}

/** Workers are silent for minutes. A server that is down is left by those who are connected to it, and not chosen any more. */
function configuration(port: number, socket: string, servers: Readonly<Record<string, number>>): string {
  return [
    'global',
    `  stats socket ${socket} mode 600`,
    'defaults',
    '  mode tcp',
    '  timeout connect 1s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  retries 1',
    '  option redispatch',
    'frontend workers',
    `  bind 127.0.0.1:${port}`,
    '  default_backend masters',
    'backend masters',
    '  balance roundrobin',
    '  default-server check inter 500ms rise 1 fall 1 on-marked-down shutdown-sessions',
    ...Object.entries(servers).map(([name, at]) => `  server ${name} 127.0.0.1:${at}`),
    '',
  ].join('\n');
}

async function stats(socket: string): Promise<Record<string, Backend>> {
  const [names = '', ...rows] = (await ask(socket, 'show stat')).replace(/^# /, '').trim().split('\n');
  const columns = names.split(',');
  const all = rows.map((row) => {
    const values = row.split(',');
    return new Map(columns.map((column, index) => [column, values[index] ?? '']));
  });
  const servers = all.filter((row) => row.get('pxname') === 'masters' && row.get('svname') !== 'BACKEND');
  return Object.fromEntries(servers.map((row) => [row.get('svname') ?? '', { status: row.get('status') ?? '', sessions: Number(row.get('scur')), total: Number(row.get('stot')) }])); // prettier-ignore
}

/** It answers one question, and closes. */
function ask(path: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    connect(path)
      .on('error', reject)
      .on('data', (data) => (answer += data.toString()))
      .on('end', () => resolve(answer))
      .write(`${question}\n`);
  });
}
