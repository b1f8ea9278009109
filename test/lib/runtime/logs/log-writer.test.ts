// Logs are written as they come, in order, in little memory, whether the database is fast, slow, or away.
import { execFile } from 'node:child_process';
import { once, EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { noLog } from '../../../../src/lib/runtime/log.js';
import { LogWriter } from '../../../../src/lib/runtime/logs/log-writer.js';
import { memorySink } from '../../../_helpers/memory-log.js';
import { peakReporter } from '../../../_helpers/peak.js';
import { temporaryFolder } from '../../../_helpers/git-repository.js';

/** A line that hardly becomes smaller. */
function noise(index: number): string {
  return `${index} ${Math.sin(index)}${Math.cos(index)}${Math.tan(index)}`;
}

test('header, stdout and stderr have their marks; at the end all is written and the lines are counted', async (t) => {
  const sink = memorySink();
  const log = new LogWriter(sink);
  await log.header('make\n');
  await Promise.all([log.write('stdout', Buffer.from('a\nb')), log.write('stderr', Buffer.from('e\n'))]);
  t.deepEqual(sink.chunks, []);
  await log.close();
  t.is(sink.text(), 'hmake\noa\nee\nob\n');
  t.is(sink.finished, 4);
  await log.close();
});

test('a log without a word has no chunks', async (t) => {
  const sink = memorySink();
  await new LogWriter(sink).close();
  t.deepEqual([sink.chunks, sink.finished], [[], 0]);
});

test('lines are written while the build goes on; those that have not ended wait', async (t) => {
  const told = new EventEmitter();
  const sink = memorySink();
  const append = sink.append.bind(sink);
  sink.append = async (chunk) => {
    await append(chunk);
    told.emit('chunk');
  };
  const log = new LogWriter(sink, { flushMs: 1 });
  const first = once(told, 'chunk');
  await log.write('stdout', Buffer.from('one\ntwo'));
  await first;
  t.is(sink.text(), 'oone\n');
  await log.close();
  t.is(sink.text(), 'oone\notwo\n');
});

test('what a chunk has is compressed where that makes it less', async (t) => {
  const sink = memorySink();
  const log = new LogWriter(sink);
  await log.write('stdout', Buffer.from(`${'again\n'.repeat(30_000)}`));
  await log.close();
  t.true(sink.chunks.length > 2);
  t.true(sink.chunks.every(({ compressed, content }) => compressed === 1 && content.length < 2000));
  t.is(sink.text(), 'oagain\n'.repeat(30_000));
});

for (const [what, patienceMs, mostSpoolBytes] of [
  ['away', 0, 2 ** 30],
  ['away, and only little disk is given', 0, 200_000],
  ['slow', 60_000, 0],
] as const) {
  test(`the database is ${what}: nothing is lost, nothing comes twice, all is in order`, async (t) => {
    const opened = new EventEmitter();
    let isOpen = false;
    const sink = memorySink(async () => void (isOpen || (await once(opened, 'open'))));
    opened.setMaxListeners(0);
    const log = new LogWriter(sink, { patienceMs, mostSpoolBytes, spoolFolder: tmpdir() });
    const lines = Array.from({ length: 100_000 }, (_, index) => noise(index));
    const pieces = Array.from({ length: 100 }, (_, index) => `${lines.slice(index * 1000, index * 1000 + 1000).join('\n')}\n`); // prettier-ignore
    let written = 0;
    const writing = (async () => {
      for (const piece of pieces) {
        await log.write('stdout', Buffer.from(piece));
        written++;
      }
    })();
    if (mostSpoolBytes > 2 ** 20) await writing;
    else await settled(() => written);
    // Without room the build waits; with a disk it goes on.
    t.is(written === pieces.length, mostSpoolBytes > 2 ** 20);
    t.is(sink.chunks.length, 0);
    isOpen = true;
    opened.emit('open');
    await writing;
    await log.close();
    t.is(sink.text(), lines.map((line) => `o${line}\n`).join(''));
    t.is(sink.finished, lines.length);
  });
}

/** Resolves when nothing moves any more: after several rounds of everything that waits for nothing but its turn. */
async function settled(value: () => number): Promise<void> {
  for (let quiet = 0, before = value(); quiet < 20; quiet = value() === before ? quiet + 1 : 0, before = value()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('where nothing can be kept on disk the build waits, and it is said', async (t) => {
  const opened = new EventEmitter();
  opened.setMaxListeners(0);
  let isOpen = false;
  const sink = memorySink(async () => void (isOpen || (await once(opened, 'open'))));
  const said = new EventEmitter();
  const spoolFolder = join(temporaryFolder(t), 'not there');
  const warn = (message: string): void => void said.emit('warn', message);
  const log = new LogWriter(sink, { patienceMs: 0, spoolFolder, log: { ...noLog, warn } });
  const text = Array.from({ length: 60_000 }, (_, index) => `${noise(index)}\n`).join('');
  const warned = once(said, 'warn');
  const writing = log.write('stdout', Buffer.from(text));
  t.deepEqual(await warned, ['output cannot be kept on disk: the build waits']);
  isOpen = true;
  opened.emit('open');
  await writing;
  await log.close();
  t.is(sink.finished, 60_000);
});

test('what the sink throws is thrown to whoever writes and closes', async (t) => {
  const sink = memorySink(() => Promise.reject(new Error('declared dead')));
  const log = new LogWriter(sink, { flushMs: 1 });
  await log.write('stdout', Buffer.from('a\n'));
  await t.throwsAsync(log.close(), { message: 'declared dead' });
  await t.throwsAsync(log.write('stdout', Buffer.from(`${'x\n'.repeat(200_000)}`)), { message: 'declared dead' });
  t.is(sink.finished, null);
});

test('500 MB of output need little memory', async (t) => {
  const folder = temporaryFolder(t);
  const program = new URL('../../../_helpers/write-much.js', import.meta.url).pathname;
  const write = async (megabytes: number): Promise<{ lines: number; peak: number }> => {
    const file = join(folder, String(megabytes));
    const env = { ...process.env, TEST_PEAK_FILE: file };
    const { stdout } = await promisify(execFile)(process.execPath, [`--import=${peakReporter}`, program, String(megabytes)], { env }); // prettier-ignore
    return { lines: Number(stdout), peak: Number(readFileSync(file, 'utf8')) / 1024 };
  };
  const [little, much] = [await write(25), await write(500)];
  t.log(`${much.peak} MiB for 500 MB, ${little.peak} MiB for 25 MB`);
  t.true(much.lines > 19 * little.lines);
  t.true(much.peak < little.peak + 80, `${much.peak} MiB for 500 MB, ${little.peak} MiB for 25 MB`);
});
